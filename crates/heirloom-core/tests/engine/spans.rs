//! With the feature `tracing`, each step of the road is a span.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::house::House;

/// Writes down each span and event: `+memory tables("a")`, `memory: miss: ...`, `-`.
#[derive(Clone, Default)]
struct Listener {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicU64>,
}

impl Listener {
    fn say(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

/// The values of the fields, one after the other.
#[derive(Default)]
struct Values(String);

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "message" {
            write!(self.0, " {value:?}").unwrap();
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "heirloom"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut values = Values::default();
        span.record(&mut values);
        self.say(format!("+{}{}", span.metadata().name(), values.0));
        Id::from_u64(self.spans.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut values = Values::default();
        event.record(&mut values);
        self.say(values.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {
        self.say("-".to_owned());
    }
}

#[test]
fn each_step_is_a_span_with_what_it_came_to() {
    let house = House::new();
    let tables = house.tables();
    let (listener, mut told) = (Listener::default(), Vec::new());
    tracing::subscriber::with_default(listener.clone(), || {
        for _ in 0..2 {
            tables.get("a");
            told.push(std::mem::take(&mut *listener.lines.lock().unwrap()));
        }
    });
    let name = "tables(\"a\")";
    let spans = |lines: &[String]| -> Vec<String> {
        lines.iter().filter_map(|line| line.strip_prefix('+')).map(str::to_owned).collect()
    };
    let expected = ["memory", "disk", "lease", "build", "keep"].map(|step| format!("{step} {name}"));
    assert_eq!(spans(&told[0]), expected);
    assert_eq!(
        told[0].iter().filter(|line| *line == "-").count(),
        expected.len(),
        "each span ends: {told:?}"
    );
    assert!(told[0].iter().any(|line| line == " Disk miss: never built"), "{told:?}");
    assert_eq!(spans(&told[1]), [format!("memory {name}")]);
}
