// Translate libraries and, where patients are given, execute them: node prove.mjs TASKS.json ANSWERS.json
//
// TASKS: [{cql, bundles, date}, …]; ANSWERS: [{problems, definitions, answers: {patient: {definition: true | false | null}}}, …].
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import cql from "cql-execution";
import fhir from "cql-exec-fhir";
import { translate } from "./translate.mjs";

const at = createRequire(import.meta.url).resolve;

/** FHIRHelpers as the reference translator made it; the package has it as a module of one object. */
function helpers() {
  const text = readFileSync(at("cql-worker/src/FHIRHelpers-4.0.1.json.js"), "utf8");
  return JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
}

const HELPERS = helpers();

async function answers({ elm, bundles, date }) {
  const repository = new cql.Repository({ FHIRHelpers: HELPERS });
  const library = new cql.Library(elm, repository);
  const [year, month, day] = date.split("-").map(Number);
  const parameters = { "Index Date": new cql.Date(year, month, day) };
  const source = fhir.PatientSource.FHIRv401();
  source.loadBundles(bundles);
  const executor = new cql.Executor(library, new cql.CodeService({}), parameters);
  const found = await executor.exec(source);
  const only = ([name, value]) => (typeof value === "boolean" || value === null ? [[name, value]] : []);
  return Object.fromEntries(
    Object.entries(found.patientResults).map(([id, values]) => [
      id,
      Object.fromEntries(Object.entries(values).flatMap(only)),
    ]),
  );
}

const [tasks, target] = process.argv.slice(2);
const done = [];
for (const task of JSON.parse(readFileSync(tasks, "utf8"))) {
  const { elm, problems } = translate(task.cql);
  const executed = task.bundles?.length && !problems.length;
  const definitions = (elm.library.statements?.def ?? []).map((one) => one.name);
  done.push({ problems, definitions, answers: executed ? await answers({ ...task, elm }) : {} });
}
writeFileSync(target, JSON.stringify(done));
