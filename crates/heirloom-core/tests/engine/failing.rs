//! Faults of codecs: the caller always gets the value, and the trail, the statistics and one notice say why.

use std::sync::Arc;

use heirloom_core::object::{Codec, CodecFault, Object, Payload};
use heirloom_core::trail::Reason;

use crate::house::{House, failure, hit, miss};

/// Fails at one of its two works.
struct Broken {
    seals: bool,
}

impl Codec for Broken {
    fn name(&self) -> &'static str {
        "bytes/1"
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let bytes = object.open::<Vec<u8>>().ok_or("not bytes")?;
        if self.seals { Ok(Payload::single(bytes.to_vec())) } else { Err("has a cycle".into()) }
    }

    fn open(&self, _: &Payload) -> Result<Object, CodecFault> {
        Err("ends too early".into())
    }
}

#[test]
fn what_cannot_be_sealed_lives_in_memory() {
    let house = House::new();
    let mut recipe = house.recipe("tables");
    recipe.codec = Some(Arc::new(Broken { seals: false }));
    let tables = house.maker(&house.open(), recipe);
    let got = miss!(tables.get("a"); Reason::SealFailed { .. });
    assert_eq!(
        got.why(),
        "the codec could not seal it, so it lives in this process's memory only: has a cycle"
    );
    hit!(tables.get("a"); Memory);
    tables.get("b");
    tables.with("b", heirloom_core::engine::Mode::Refresh);
    assert_eq!(house.faults().len(), 2, "told once for each object, for it is to blame itself");
    assert_eq!(tables.engine.stats(&tables.factory).faults, 3, "and counted each time");
}

#[test]
fn what_cannot_be_opened_is_built_again() {
    let house = House::new();
    house.tables().get("a");
    let mut recipe = house.recipe("tables");
    recipe.codec = Some(Arc::new(Broken { seals: true }));
    let tables = house.maker(&house.open(), recipe);
    let got = miss!(tables.get("a"); Reason::OpenFailed { .. });
    assert_eq!(
        got.why(),
        "the codec could not open it: ends too early; if its type has changed, raise `schema` and add a migration"
    );
}

#[test]
fn looking_counts_no_fault_and_tells_nobody() {
    let house = House::new();
    let tables = house.tables();
    tables.get("a");
    tables.forget_memory();
    rusqlite::Connection::open(house.store().join("v1/registry.sqlite"))
        .unwrap()
        .execute_batch("UPDATE entries SET traits = 'not JSON'")
        .unwrap();
    assert!(tables.explain("a").sentence().contains("the store did not answer"), "{}", tables.explain("a"));
    assert!(house.faults().is_empty());
    assert_eq!(tables.engine.stats(&tables.factory).faults, 0);
    miss!(tables.get("a"); Reason::Unreachable { .. });
    assert_eq!(house.faults().len(), 1);
    tables.forget_memory();
    hit!(tables.get("a"); Disk);
}

#[test]
fn an_error_of_the_builder_leaves_nothing_behind() {
    let house = House::new();
    let engine = house.open();
    let tables =
        crate::house::Maker::new(&engine, house.recipe("tables"), |_, _| Err(failure("no such file")));
    for _ in 0..2 {
        assert_eq!(tables.ask(&tables.request("a")).unwrap_err().to_string(), "no such file");
    }
    assert_eq!(tables.runs(), 2);
    assert!(
        tables.entries().is_empty() && house.files("blobs").is_empty() && house.files("staging").is_empty()
    );
    assert_eq!(house.files("locks"), Vec::<std::path::PathBuf>::new());
}
