//! Which module of the engine may import which: the table stands in `layer.rs`.
//!
//! Promises: 1. a `use` and a path written in an expression count alike, and so does a name that `lib.rs` re-exports;
//! 2. comments, strings, `lib.rs` itself and tests do not count.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::layer::{Among, LAYERS, layer_of};
use crate::Tree;
use crate::rust::{Source, leaves};

const HOME: &str = "crates/heirloom-core/src/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rooms = || tree.rust().iter().filter_map(|source| Some((source, source.path().strip_prefix(HOME)?)));
    let exported = rooms().find(|(_, path)| *path == "lib.rs").map(|(source, _)| exports(source));
    let exported = exported.unwrap_or_default();
    rooms()
        .filter(|(source, path)| *path != "lib.rs" && !source.is_tests())
        .flat_map(|(source, path)| in_file(source, &module_path(path), &exported))
        .collect()
}

/// `disk/registry/mod.rs` is the module `disk::registry`.
fn module_path(path: &str) -> Vec<&str> {
    let bare = path.trim_end_matches(".rs");
    bare.strip_suffix("/mod").unwrap_or(bare).split('/').collect()
}

/// The names that `lib.rs` re-exports, with the module each comes from.
fn exports(lib: &Source) -> BTreeMap<&str, &str> {
    lib.occurrences("use")
        .flat_map(|at| leaves(lib.code(), at + "use".len()))
        .filter_map(|leaf| {
            let mut segments = leaf.segments.into_iter().skip_while(|s| ["crate", "self"].contains(s));
            Some((leaf.name, segments.next()?))
        })
        .collect()
}

fn in_file(source: &Source, own: &[&str], exported: &BTreeMap<&str, &str>) -> Vec<Finding> {
    let Some(layer) = layer_of(own[0]) else {
        let sentence =
            format!("module `{}` stands on no layer; give it one in xtask/src/tidy/layer.rs", own[0]);
        return vec![Finding::new(source.path(), 1, sentence)];
    };
    let imports: BTreeSet<(usize, &str)> =
        imports(source, own).into_iter().map(|(at, name)| (source.line(at), name)).collect();
    imports
        .into_iter()
        .filter_map(|(line, name)| {
            let module = exported.get(name).copied().unwrap_or(name);
            Some(Finding::new(source.path(), line, refusal(own[0], layer, module)?))
        })
        .collect()
}

fn refusal(own: &str, layer: usize, module: &str) -> Option<String> {
    if module == "*" {
        return Some("`*` imports from every layer at once; name what is needed".to_owned());
    }
    let other = layer_of(module)?;
    if other > layer {
        return Some(format!(
            "`{own}` may not import `{module}`, which stands on a higher layer; move what both need below, \
             or let `{module}` hand it in"
        ));
    }
    let strangers = LAYERS[layer].among == Among::Strangers && other == layer && module != own;
    strangers.then(|| {
        format!(
            "`{own}` may not import `{module}`: the tiers never import each other; let them meet in `engine`"
        )
    })
}

/// What the file takes from the root of the crate: the first name of each path, with its offset.
fn imports<'code>(source: &'code Source, own: &[&'code str]) -> Vec<(usize, &'code str)> {
    let code = source.code();
    let inner: Vec<_> = source.modules().into_iter().filter_map(|item| item.body).collect();
    let starts = source.occurrences("crate").chain(source.occurrences("super"));
    let mut found = Vec::new();
    for at in starts.filter(|at| !source.in_tests(*at)) {
        let depth = own.len() + inner.iter().filter(|body| body.contains(&at)).count();
        for leaf in leaves(code, at) {
            let ups = leaf.segments.iter().take_while(|segment| **segment == "super").count();
            let rest = match leaf.segments.as_slice() {
                ["crate", rest @ ..] => rest,
                _ if ups >= depth => &leaf.segments[ups..],
                _ => continue,
            };
            found.extend(rest.first().map(|name| (leaf.at, *name)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::trial::expect;

    const LIB: &str = "pub use engine::{Engine, resolve::Road as Way};\npub use error::Error;\n";

    fn refused(path: &str, text: &str, expected: &[&str]) {
        let path = format!("{HOME}{path}");
        let expected: Vec<String> = expected.iter().map(|line| format!("{path}:{line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(check, &[("crates/heirloom-core/src/lib.rs", LIB), (&path, text)], &expected);
    }

    const UP: &str = "`disk` may not import `engine`, which stands on a higher layer; move what both need below, \
                      or let `engine` hand it in";

    #[test]
    fn lower_layers_and_own_rooms_may_be_imported() {
        refused("disk/layout.rs", "use crate::{Error, digest::Digest, trail};\nuse super::blobs;", &[]);
        refused("disk/registry/mod.rs", "use super::super::super::object;\nuse super::engine;", &[]);
        refused("disk/layout.rs", "use crate::disk::blobs;", &[]);
        refused("disk/mod.rs", "mod inner {\n    use super::engine;\n}", &[]);
        refused("engine/resolve.rs", "use crate::{memory, disk, flight};", &[]);
        refused("testing/clock.rs", "use crate::engine::Engine;", &[]);
        refused("settings/mod.rs", "use crate::identity::Epoch;", &[]);
    }

    #[test]
    fn higher_layers_may_not() {
        refused("disk/layout.rs", "use crate::engine::gc;", &[&format!("1: {UP}")]);
        refused("disk/mod.rs", "use super::engine;", &[&format!("1: {UP}")]);
        refused("disk/registry/mod.rs", "use super::super::engine;", &[&format!("1: {UP}")]);
        refused("disk/layout.rs", "use crate::{\n    error::Error,\n    engine,\n};", &[&format!("3: {UP}")]);
        refused("disk/layout.rs", "fn f() {\n    crate::engine::go();\n}", &[&format!("2: {UP}")]);
        refused("disk/mod.rs", "mod inner {\n    use super::super::engine;\n}", &[&format!("2: {UP}")]);
    }

    #[test]
    fn a_re_exported_name_counts_for_its_module() {
        refused("disk/layout.rs", "use crate::Engine;", &[&format!("1: {UP}")]);
        refused("disk/layout.rs", "use crate::Way;", &[&format!("1: {UP}")]);
        let glob = "1: `*` imports from every layer at once; name what is needed";
        refused("disk/layout.rs", "use crate::*;", &[glob]);
    }

    #[test]
    fn tiers_are_strangers() {
        let line =
            "1: `disk` may not import `memory`: the tiers never import each other; let them meet in `engine`";
        refused("disk/layout.rs", "use crate::memory::Entry;", &[line]);
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        refused(
            "disk/a.rs",
            "// crate::engine\n/// [`crate::engine`]\nconst A: &str = \"crate::engine\";",
            &[],
        );
        refused("disk/a.rs", "#[cfg(test)]\nmod tests {\n    use crate::engine;\n}", &[]);
        refused("disk/tests.rs", "use crate::engine;", &[]);
        refused("disk/a.rs", "pub(crate) fn engine() {}", &[]);
    }

    #[test]
    fn a_module_without_a_layer_is_found() {
        refused(
            "attic.rs",
            "",
            &["1: module `attic` stands on no layer; give it one in xtask/src/tidy/layer.rs"],
        );
    }
}
