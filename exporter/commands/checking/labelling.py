"""Whether the namespaces with cost carry the labels that it is told apart by."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.commands.checking.findings import Finding, counted, listed, ok, warn
from exporter.commands.checking.kube_facts import KubeFacts
from exporter.commands.checking.label_keys import LabelKeys, is_conflict, shows_all, thing
from exporter.usage.kubernetes import sanitise

WHAT = "labels"
#: Names in a command, and keys in a line; the rest is counted.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Labelling:
    """The namespaces of one cluster that serve tokens, hold GPUs or ask for one.

    `allow` is how kube-state-metrics comes to show all labels that are wanted.
    """

    kube: KubeFacts
    cluster: str
    namespaces: set[str]
    keys: LabelKeys
    allow: str

    def findings(self) -> Iterator[Finding]:
        """At most two lines; none where nothing is known of labels."""
        if not self.namespaces or not self._any_shown:
            return
        without = {key: self._without(key) for key in self._looked_for()}
        if without:
            yield self._coverage(without)
        yield from self._spellings()

    @property
    def _any_shown(self) -> bool:
        """Where the source cannot list keys, any series of a namespace may show some."""
        keys = self._shown
        if keys is not None:
            return bool(keys)
        return any(cluster == self.cluster for cluster, _ in self.kube.labels)

    @property
    def _shown(self) -> frozenset[str] | None:
        return self.kube.shown(self.cluster)["namespaces"]

    def _of(self, namespace: str) -> Mapping[str, set[str]]:
        return self.kube.labels.get((self.cluster, namespace), {})

    def _looked_for(self) -> list[str]:
        """Without keys that only pods have; of those that nobody has another line tells."""
        known = self._shown or {key for name in self.namespaces for key in self._of(name)}
        return [
            key
            for key in self.keys.namespaces
            if key not in self.keys.tags or key == self.keys.account or sanitise(key) in known
        ]

    def _without(self, key: str) -> set[str]:
        return {name for name in self.namespaces if not self._has(name, key)}

    def _has(self, namespace: str, key: str) -> bool:
        """A setting means one spelling; a sub-account is of the namespace, never of its pods."""
        found = {*self._of(namespace)}
        if not (self.keys.by_setting and key == self.keys.account):
            found |= {*self.kube.pod_labels.get((self.cluster, namespace), ())}
        if self.keys.names(key):
            return sanitise(key) in found
        return thing(key) in map(thing, found)

    def _coverage(self, without: Mapping[str, set[str]]) -> Finding:
        """One line about all keys; a warning where nothing tells who answers for a cost."""
        account = self.keys.account
        others = {key: names for key, names in without.items() if key != account}
        if account is None:
            nameless = set.intersection(*without.values())
            lacks = f"none of {_some([*without])}"
        else:
            nameless, lacks = without[account], f"no {account}"
        if not nameless:
            full = [key for key, names in without.items() if not names]
            have = counted(len(self.namespaces), "namespace has", "namespaces have")
            said = _some(full) if full else f"some of {_some([*without])}"
            return ok(WHAT, f"{have} {said}{self._absent(others)}")
        of = f"{len(nameless):,} of {counted(len(self.namespaces), 'namespace')}"
        verb = "has" if len(nameless) == 1 else "have"
        return warn(
            WHAT,
            f"{of} {verb} {lacks} ({listed(nameless)}): {self._meaning(nameless)}"
            f"{self._absent(others)}",
            self._fix(nameless, without),
        )

    def _absent(self, without: Mapping[str, set[str]]) -> str:
        """What else is missing: on no namespace, or on some."""
        nobody = [key for key, names in without.items() if names == self.namespaces]
        some = {key: names for key, names in without.items() if names and key not in nobody}
        parts = [f"none has {_some(nobody)}"] if nobody else []
        parts += [
            f"{len(names):,} {'has' if len(names) == 1 else 'have'} no {key} ({listed(names)})"
            for key, names in [*some.items()][:_MOST]
        ]
        return "".join(f"; {part}" for part in parts)

    def _meaning(self, nameless: Collection[str]) -> str:
        one = len(nameless) == 1
        if self.keys.by_setting:
            return f"SubAccountId is {'its' if one else 'their'} own name"
        return "its cost is under its own name" if one else "their cost is under their own names"

    def _fix(self, nameless: set[str], without: Mapping[str, set[str]]) -> str:
        """The command for the first of them, and what shows the others.

        Kubernetes takes no `…` as a value, so that nobody is labelled so.
        """
        names = sorted(nameless)[:_MOST]
        missing = [key for key, lacking in without.items() if nameless <= lacking]
        spelled = [self._spelled(key) for key in missing]
        labels = " ".join(f"{shlex.quote(key)}=…" for key in spelled)
        fix = f"kubectl label namespace {shlex.join(names)} {labels}"
        if len(nameless) > len(names):
            selector = ",".join(f"!{key}" for key in spelled)
            fix += f"; the others: kubectl get namespaces --selector {shlex.quote(selector)}"
        return f"{fix}; and {self.allow}" if self._hidden(missing) else fix

    def _hidden(self, keys: Sequence[str]) -> bool:
        """Whether kube-state-metrics may not be told to show these labels of namespaces."""
        shown = self._shown
        if shown is None or shows_all("namespaces", shown):
            return False
        return any(sanitise(key) not in shown for key in keys)

    def _spellings(self) -> Iterator[Finding]:
        """One line about keys that mean the same and are not the same."""
        said, fixes = [], []
        for key in {thing(key): key for key in self._looked_for()}.values():
            forms, usual = self._forms(key), self._usual(key)
            lacking = {
                form: {name for name in names if usual not in self._of(name)}
                for form, names in forms.items()
                if form != usual
            }
            if any(lacking.values()):
                said.append(_told_apart(key, forms, named=self.keys.names(key)))
                fixes.append(self._respell(key, lacking))
        if said:
            yield warn(WHAT, "; ".join(said[:_MOST]), "; ".join(fixes[:_MOST]))

    def _forms(self, key: str) -> dict[str, set[str]]:
        """The namespaces by the spelling of a key that they use, sanitised."""
        found: dict[str, set[str]] = defaultdict(set)
        for name in self.namespaces:
            for form in self._of(name):
                if thing(form) == thing(key):
                    found[form].add(name)
        return dict(sorted(found.items()))

    def _usual(self, key: str) -> str:
        """The spelling to keep, sanitised: that of the settings, else that of most."""
        own, forms = sanitise(key), self._forms(key)
        clear = [form for form in forms if not is_conflict(form)]
        if self.keys.names(key) or not clear:
            return own
        return max(clear, key=lambda form: (len(forms[form]), form == own))

    def _spelled(self, key: str) -> str:
        """The same as Kubernetes has it, as far as that is known."""
        usual = self._usual(key)
        return key if usual == sanitise(key) else usual

    def _respell(self, key: str, lacking: Mapping[str, set[str]]) -> str:
        """The command for the first one, with the value that it has; what it has stays."""
        form, name = min((form, min(names)) for form, names in lacking.items() if names)
        raw = self._spelled(key)
        if is_conflict(form):
            return f"kubectl get namespace {shlex.quote(name)} --show-labels, and keep only {raw}"
        value = min(self._of(name)[form])
        count = len(set().union(*lacking.values()))
        others = ", and the others alike" if count > 1 else ""
        return f"kubectl label namespace {shlex.join([name, f'{raw}={value}'])}{others}"


def _told_apart(key: str, forms: Mapping[str, set[str]], *, named: bool) -> str:
    used = ", ".join(f"{form} on {listed(names)}" for form, names in forms.items())
    if named:
        return f"{used}: settings name {key} only"
    return f"{used}: {'two' if len(forms) == 2 else len(forms)} tags for one thing"


def _some(keys: Sequence[str]) -> str:
    """The first few in the order of their importance."""
    more = len(keys) - _MOST
    return ", ".join(keys[:_MOST]) + (f" and {more} more" if more > 0 else "")
