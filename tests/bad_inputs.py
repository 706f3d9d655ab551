"""Inputs that mean harm, or are merely broken, each as a function that makes it in a folder.

``tests/test_bad_input.py`` asks what keten says of them, ``bench/bad_input.py`` what they cost.
"""

# ruff: noqa: E501 an input is a line: broken up it would not be the input

from hostile_around import (
    around,
    git_alternates,
    git_bomb,
    git_dot_file,
    git_garbage,
    git_index,
    git_pack,
    git_refs,
    git_special,
)
from hostile_bills import hostile_bills
from hostile_files import HEAD, POD, Bad, file, for_every_reader, oversized, versions
from hostile_images import hostile_images
from hostile_trees import (
    alias_bomb,
    crowd,
    cycle,
    duplicates,
    includes,
    links,
    many_broken,
    many_documents,
    many_objects,
    nested_folders,
    odd_json,
    odd_locks,
    odd_names,
    odd_values,
    pipes,
    sparse,
    xml_bomb,
)


def _single() -> dict[str, Bad]:
    """Return what stands alone."""
    block = "\n".join(" " * i + "a:" for i in range(3000))
    return {
        "truncated YAML": Bad(file("t.yaml", POD + '---\napiVersion: v1\nkind: Pod\nspec: {a: [b, "c'), "t.yaml", status=3),
        "alias bomb": Bad(file("bomb.yaml", alias_bomb()), "bomb.yaml"),
        "alias bomb in a workflow": Bad(file(".github/workflows/w.yml", "on: push\njobs:\n  x: 1\n" + alias_bomb()), "w.yml"),
        "alias bomb in a pipeline": Bad(file(".gitlab-ci.yml", alias_bomb()), ".gitlab-ci.yml"),
        "alias bomb in pnpm-lock": Bad(file("pnpm-lock.yaml", alias_bomb()), "pnpm-lock.yaml"),
        "aliases of itself": Bad(file("self.yaml", HEAD + "spec: &a {b: *a, c: [*a]}\n"), "self.yaml"),
        "merge bomb": Bad(file("merge.yaml", HEAD + "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], y{i}: *a{i - 1}}}\n" for i in range(1, 40))), "merge.yaml"),
        "20,000 brackets": Bad(file("flow.yaml", HEAD + "spec: " + "[" * 20_000), "flow.yaml"),
        "block 3,000 deep": Bad(file("block.yaml", HEAD + "spec:\n" + block + "\n"), "block.yaml"),
        "anchors": Bad(file("anchors.yaml", HEAD + "spec:\n" + "".join(f"  a{i}: &a{i} 1\n" for i in range(100_000)))),
        "quoted keys": Bad(file("quotes.yaml", HEAD + 'spec: {"' + "\\x41" * 1_000_000 + '": 1')),
        "1 GB sparse files": Bad(sparse, "sparse.yaml", status=3),
        "links": Bad(links),
        "pipes": Bad(pipes, "pipe.yaml"),
        "entities that double": Bad(file("pom.xml", xml_bomb()), "pom.xml"),
        "entities that double (csproj)": Bad(file("a.csproj", "<!-- Package -->" + xml_bomb()), "a.csproj"),
        "includes in a ring": Bad(cycle, "requirements"),
        "3,000 pipelines that include each other": Bad(includes),
        "400 folders deep": Bad(nested_folders, "d/d"),
        "200,000 empty files": Bad(crowd),
        "60,000 tiny documents": Bad(many_documents),
        "60,000 broken documents": Bad(many_broken, "broken.yaml"),
        "30,000 objects": Bad(many_objects),
        "odd JSON": Bad(odd_json, ".json"),
        "odd JSON of 20 MB in locks": Bad(odd_locks, "package-lock.json"),
        "repeated keys": Bad(duplicates),
        "odd names": Bad(odd_names, "a.yaml"),
        "odd values": Bad(odd_values),
        "git: garbage": Bad(git_garbage, ".git"),
        "git: garbage packs": Bad(git_pack, ".git"),
        "git: 50 MB of refs": Bad(git_refs),
        "git: an object of 1 GB": Bad(git_bomb(1024), ".git"),
        "git: an object of 256 MB": Bad(git_bomb(256), ".git"),
        "git: alternates in a ring": Bad(git_alternates, ".git"),
        "git: an index of 40 MB": Bad(git_index),
        "git: .git points to /": Bad(git_dot_file("/"), ".git"),
        "git: .git points to itself": Bad(git_dot_file(".git"), ".git"),
        "git: .git of pipes": Bad(git_special, ".git"),
    }  # fmt: skip


BAD: dict[str, Bad] = {
    **_single(), **around(), **versions(), **oversized(), **for_every_reader(),
    **hostile_images(), **hostile_bills(),
}  # fmt: skip
"""All of them, by name."""
