"""An agency's own file numbers beside the case references of the bus; they stay in its store, and never travel."""

from dataclasses import dataclass

from bus.store import Statement
from services.keeping import Keeping


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case as one agency files it. `linked` are the references that are tied to it, each with the reason."""

    case_ref: str
    file_numbers: tuple[str, ...]
    linked: tuple[tuple[str, str], ...]


class Filing(Keeping):
    def _filed(self, file_number: str, case_ref: str, item: str) -> Statement:
        """The write that puts a case under a file number, which lies in the vault: found until it is erased."""
        insert = "INSERT INTO files (mark, case_ref, vault_item) VALUES (?,?,?) ON CONFLICT (mark, case_ref) DO UPDATE "
        return Statement(insert + "SET vault_item = excluded.vault_item", (self._mark(file_number), case_ref, item))

    def cases_under(self, file_number: str) -> list[FoundCase]:
        """The cases that this agency has put under a file number."""
        rows = self.store.read(
            "SELECT f.case_ref FROM files f JOIN vault_items i ON i.id = f.vault_item WHERE f.mark = ? "
            "ORDER BY f.case_ref",
            self._mark(file_number),
        )
        return [self.case(row["case_ref"]) for row in rows]

    def case(self, case_ref: str) -> FoundCase:
        """How this agency files a case."""
        items = self.store.read("SELECT vault_item FROM files WHERE case_ref = ? ORDER BY mark", case_ref)
        numbers = (self.vault.get(row["vault_item"]) for row in items)
        links = self.store.read(
            "SELECT other, reason FROM case_links WHERE case_ref = ? UNION "
            "SELECT case_ref AS other, reason FROM case_links WHERE other = ? ORDER BY other",
            case_ref,
            case_ref,
        )
        tied = tuple((row["other"], row["reason"]) for row in links)
        return FoundCase(case_ref, tuple(sorted(number for number in numbers if number)), tied)

    def _mark(self, file_number: str) -> str:
        """A number finds its case, and a stolen store without its key tells no number."""
        return self.vault.fingerprint(f"file-number:{file_number}".encode())
