//! A codec that fails breaks no request.

use std::sync::{Arc, Mutex};

use heirloom::{Codec, CodecFault, Factory, Notice, Object, Payload, Reason, State, Store};

use crate::ground::{Builds, Ground};

/// Seals and opens, unless it is told not to.
struct Moody {
    seals: bool,
    opens: bool,
}

impl Codec for Moody {
    fn name(&self) -> &'static str {
        "moody/1"
    }

    fn seal(&self, object: &Object) -> Result<Payload, CodecFault> {
        let value = object.open::<String>().ok_or("not a text")?;
        if self.seals { Ok(Payload::single(value.as_bytes().to_vec())) } else { Err("not today".into()) }
    }

    fn open(&self, payload: &Payload) -> Result<Object, CodecFault> {
        if !self.opens {
            return Err("not today".into());
        }
        let text = String::from_utf8(payload.frames()[0].to_vec())?;
        Ok(Object::new(Arc::new(text), 0))
    }
}

fn factory(store: &Store, codec: Moody, builds: &Builds) -> Factory<u32, String> {
    let builds = builds.clone();
    store.factory("moody").codec(codec).build(move |n: &u32| {
        builds.count();
        Ok::<_, std::io::Error>(n.to_string())
    })
}

fn told(ground: &Ground) -> (Store, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let store = ground.builder().on_notice(move |notice| {
        if let Notice::Fault { name, reason } = notice {
            tell.lock().unwrap().push(format!("{name}: {reason}"));
        }
    });
    (store.open().unwrap(), told)
}

#[test]
fn what_cannot_be_sealed_is_served_and_lives_in_memory_with_one_notice_each() {
    let (ground, builds) = (Ground::new(), Builds::default());
    let (store, told) = told(&ground);
    let factory = factory(&store, Moody { seals: false, opens: true }, &builds);
    assert_eq!(*factory.get(&1).unwrap(), "1");
    assert_eq!(*factory.get(&2).unwrap(), "2");
    assert_eq!(factory.state(&1).unwrap(), State::InMemory);
    factory.get(&1).unwrap();
    assert_eq!(builds.so_far(), 2);
    let told = told.lock().unwrap();
    assert_eq!(
        *told,
        [1, 2].map(|number| format!(
            "moody({number}): the codec could not seal it, so it lives in this process's memory only: not today"
        ))
    );
    assert_eq!(factory.stats().faults, 2);
}

#[test]
fn what_cannot_be_opened_is_built_again() {
    let (ground, builds) = (Ground::new(), Builds::default());
    factory(&ground.open(), Moody { seals: true, opens: true }, &builds).get(&1).unwrap();
    let (store, told) = told(&ground);
    let factory = factory(&store, Moody { seals: true, opens: false }, &builds);
    assert_eq!(*factory.get(&1).unwrap(), "1");
    assert_eq!(builds.so_far(), 2);
    assert_eq!(
        *told.lock().unwrap(),
        [
            "moody(1): the codec could not open it: not today; if its type has changed, raise `schema` and add a migration"
        ]
    );
    let last = factory.explain(&1).unwrap().last.unwrap();
    assert!(
        last.trail.reasons().any(|reason| matches!(reason, Reason::OpenFailed { .. })),
        "{:?}",
        last.trail
    );
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
struct Shaped<T>(T);

#[test]
fn bytes_that_are_left_over_are_no_object() {
    let codec = heirloom::Postcard::<Shaped<u8>>::new();
    assert!(codec.open(&Payload::single(vec![1])).is_ok());
    let fault = codec.open(&Payload::single(vec![1, 2])).unwrap_err();
    assert_eq!(fault.to_string(), "1 bytes are left over");
    assert_eq!(codec.open(&Payload::new(vec![])).unwrap_err().to_string(), "expected 1 frame, found 0");
}
