//! F7: traits are recorded when an object is built, and checked before it is opened.

use std::sync::Arc;

use heirloom_core::ErrorKind;
use heirloom_core::engine::Recipe;
use heirloom_core::identity::Traits;
use heirloom_core::trail::Reason;

use crate::house::{House, Maker, hit, miss};

/// A recipe whose objects offer the words of their text as columns.
fn with_columns(house: &House) -> Recipe {
    let mut recipe = house.recipe("tables");
    recipe.traits = Some(Box::new(|object| {
        let bytes = object.open::<Vec<u8>>().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        Traits::new().with("columns", text.split(' '))
    }));
    recipe
}

#[test]
fn f7_traits_checked_without_loading() {
    let house = House::new();
    let maker = |columns: &'static str| {
        Maker::new(&house.open(), with_columns(&house), move |_, _| Ok(columns.into()))
    };
    maker("carrier delay").get("a");
    let tables = maker("carrier delay price");
    let got = miss!(tables.expecting("a", &["carrier", "price"]).unwrap(); Reason::TraitLacking(_));
    assert_eq!(got.why(), "`price` missing from columns");
    assert_eq!(house.opens(), 0, "the payload was opened");
    hit!(tables.expecting("a", &["price"]).unwrap(); Memory);
    hit!(maker("").expecting("a", &["price", "delay"]).unwrap(); Disk);
}

#[test]
fn f7_traits_of_live_objects_are_checked_too() {
    let house = House::new();
    let engine = house.open();
    let grows = Arc::new(std::sync::Mutex::new("carrier"));
    let seen = Arc::clone(&grows);
    let tables = Maker::new(&engine, with_columns(&house), move |_, _| Ok((*seen.lock().unwrap()).into()));
    tables.get("a");
    *grows.lock().unwrap() = "carrier price";
    miss!(tables.expecting("a", &["price"]).unwrap(); Reason::TraitLacking(_));
    hit!(tables.get("a"); Memory);
    assert_eq!(house.opens(), 0);
}

#[test]
fn f7_a_fresh_object_that_still_lacks_a_trait_is_an_error_and_kept() {
    let house = House::new();
    let tables = Maker::new(&house.open(), with_columns(&house), |_, _| Ok("carrier".into()));
    let refusal = tables.expecting("a", &["price"]).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Invalid);
    assert_eq!(
        refusal.to_string(),
        "tables(\"a\") was built just now, and still `price` missing from columns; change what is expected, or the \
         builder"
    );
    hit!(tables.get("a"); Memory);
}
