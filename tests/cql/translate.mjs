// The reference translator of CQL, as the tests use it.
import ucum from "@lhncbc/ucum-lhc";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  CqlTranslator,
  LibraryManager,
  ModelManager,
  createLibrarySourceProvider,
  createModelInfoProvider,
  createUcumService,
  stringAsSource,
} from "@cqframework/cql/cql-to-elm";
import { SystemModelInfoProvider } from "@cqframework/cql/cql";

const at = createRequire(import.meta.url).resolve;
const MODEL = readFileSync(at("cql-exec-fhir/lib/modelInfos/fhir-modelinfo-4.0.1.xml"), "utf8");
const CONVERSION = /<conversionInfo functionName="FHIRHelpers\.(\w+)" fromType="([\w.]+)" toType="([^"]+)"\/>/g;

/** The signatures of FHIRHelpers as the model information of FHIR names them: all that a translator asks of it. */
function signatures() {
  const functions = [...MODEL.matchAll(CONVERSION)].map(
    ([, name, from, to]) => `define function ${name}(value ${from}): null as ${to.replace("&lt;", "<")}`,
  );
  return ["library FHIRHelpers version '4.0.1'", "using FHIR version '4.0.1'", ...functions].join("\n");
}

const models = new ModelManager();
models.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());
models.modelInfoLoader.registerModelInfoProvider(
  createModelInfoProvider((id) => (id === "FHIR" ? stringAsSource(MODEL) : null)),
);
const units = ucum.UcumLhcUtils.getInstance();
const impossible = () => {
  throw new Error("the translator only checks units");
};
/** Null for a unit of UCUM, else what is wrong with it. */
const fault = (unit) => (units.validateUnitString(unit).status === "valid" ? null : `${unit} is no unit of UCUM`);
const libraries = new LibraryManager(
  models,
  undefined,
  undefined,
  createUcumService(impossible, fault, impossible, impossible),
);
libraries.librarySourceLoader.registerProvider(
  createLibrarySourceProvider((id) => (id === "FHIRHelpers" ? stringAsSource(signatures()) : null)),
);

/** ELM of a library, and what the translator has against it, warnings too. */
export function translate(cql) {
  const elm = JSON.parse(CqlTranslator.fromText(cql, libraries).toJson());
  const problems = elm.library.annotation
    .filter((one) => one.type === "CqlToElmError")
    .map((one) => `${one.errorSeverity}, line ${one.startLine}: ${one.message}`);
  return { elm, problems };
}
