//! Which ops the tape declares, and in which module: read from the source, so that an op that no test runs is noticed.

use crate::source::{Source, words};
use std::collections::BTreeMap;
use std::path::Path;

/// The names of ops, and for each the module that declares it, as `ops::tanh`.
pub(super) type Declared = BTreeMap<String, String>;

/// Reads all `.rs` files below `crates/tape/src`.
pub(super) fn declared_below(folder: &Path) -> std::io::Result<Declared> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(folder).expect("it was found there");
                files.push((module(below), Source::new(&std::fs::read_to_string(&path)?)));
            }
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(declared(&files))
}

/// The module of a file, `ops/tanh.rs` or `ops/conv/mod.rs`: `ops::tanh`, `ops::conv`.
fn module(below: &Path) -> String {
    let path = below.with_extension("");
    let parts = path.iter().map(|part| part.to_string_lossy()).filter(|part| part != "mod" && part != "lib");
    parts.collect::<Vec<_>>().join("::")
}

/// The ops of some files, each with its module. Unit tests do not count: their ops are theirs.
fn declared(files: &[(String, Source)]) -> Declared {
    let mut found = Declared::new();
    let mut macros = Vec::new();
    for (module, source) in files {
        for body in names(source) {
            let literals = source.literals(body.clone());
            for name in &literals {
                found.entry(name.to_string()).or_insert_with(|| module.clone());
            }
            // `fn name` without a literal: a macro writes it, and takes the name as its first literal.
            if literals.is_empty() {
                macros.extend(macro_around(source, body.start));
            }
        }
    }
    for (module, source) in files {
        for name in &macros {
            for body in calls(source, name) {
                if let Some(literal) = source.literals(body).first() {
                    found.entry(literal.to_string()).or_insert_with(|| module.clone());
                }
            }
        }
    }
    found
}

/// The bodies of `fn name(&self) -> &'static str` before the unit tests.
fn names(source: &Source) -> Vec<std::ops::Range<usize>> {
    let signature = "fn name(&self) -> &'static str";
    let code = &source.code()[..source.tests_begin()];
    let body = |(at, _): (usize, &str)| {
        let after = at + signature.len();
        let open = after + code[after..].find(|c: char| !c.is_whitespace())?;
        code[open..].starts_with('{').then(|| open..source.group_end(open))
    };
    code.match_indices(signature).filter_map(body).collect()
}

/// The name of the `macro_rules!` whose definition contains a position.
fn macro_around(source: &Source, position: usize) -> Option<String> {
    let definition = "macro_rules!";
    let at = source.code()[..position].rfind(definition)?;
    let rest = &source.code()[at + definition.len()..];
    let open = at + definition.len() + rest.find('{')?;
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').find(|word| !word.is_empty())?;
    (source.group_end(open) > position).then(|| name.to_string())
}

/// What the calls of a macro enclose.
fn calls(source: &Source, name: &str) -> Vec<std::ops::Range<usize>> {
    let code = source.code();
    let body = |at: usize| {
        let rest = code[at + name.len()..].strip_prefix('!')?;
        let open = code.len() - rest.len() + rest.find(|c: char| !c.is_whitespace())?;
        code[open..].starts_with(['(', '{', '[']).then(|| open..source.group_end(open))
    };
    words(code, name).filter_map(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: &[(&str, &str)]) {
        let files: Vec<_> = files.iter().map(|(path, text)| (module(Path::new(path)), Source::new(text))).collect();
        let found = declared(&files);
        let found: Vec<_> = found.iter().map(|(name, module)| (name.as_str(), module.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn names_on_one_line_and_on_three() {
        let text = "impl A { fn name(&self) -> &'static str { \"a\" } }\n\
                    impl B {\n    fn name(&self) -> &'static str {\n        \"b\"\n    }\n}";
        check(&[("ops/both.rs", text)], &[("a", "ops::both"), ("b", "ops::both")]);
    }

    #[test]
    fn one_struct_for_several_ops() {
        let text = "fn name(&self) -> &'static str { match self { A => \"max\", B => \"min\" } }";
        check(&[("ops/extreme/mod.rs", text)], &[("max", "ops::extreme"), ("min", "ops::extreme")]);
    }

    #[test]
    fn neither_comments_nor_tests_nor_the_trait_declare_an_op() {
        let text = "/// fn name(&self) -> &'static str { \"a\" }\nfn name(&self) -> &'static str;\nfn f() { \"x\" }\n\
                    #[cfg(test)]\nmod tests {\n    fn name(&self) -> &'static str { \"b\" }\n}";
        check(&[("op.rs", text)], &[]);
    }

    #[test]
    fn a_macro_names_its_ops() {
        let definition = "macro_rules! unary {\n    ($op:ident, $name:literal) => {\n\
                          fn name(&self) -> &'static str { $name }\n    };\n}";
        let calls = "unary!(Sin, \"sin\");\nunary! { Cos, \"cos\" }\n// unary!(Tan, \"tan\")\nother!(X, \"x\");";
        check(&[("ops/mod.rs", definition), ("ops/sin.rs", calls)], &[("cos", "ops::sin"), ("sin", "ops::sin")]);
    }

    #[test]
    fn modules() {
        for (path, expected) in
            [("ops/tanh.rs", "ops::tanh"), ("ops/conv/mod.rs", "ops::conv"), ("gradient.rs", "gradient")]
        {
            assert_eq!(module(Path::new(path)), expected);
        }
    }
}
