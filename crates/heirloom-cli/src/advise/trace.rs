//! A trace: which things were asked for, in order, with their size and what building them takes.
//!
//! Text, one call a line: `key,bytes,build_seconds`; the key may be quoted as CSV has it. Promises: a line that
//! cannot be understood is named with its number and the way out. Refuses: knowing who wrote it.

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind};

const HEAD: &str = "key,bytes,build_seconds";

/// One call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Call {
    /// Which thing, numbered by first appearance.
    pub(crate) thing: u32,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
}

/// All calls in their order.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) calls: Vec<Call>,
    pub(crate) things: usize,
    /// Bytes of all things together.
    pub(crate) bytes: u64,
    /// Build seconds of all calls, which is what no memory at all costs.
    pub(crate) seconds: f64,
}

impl Trace {
    /// Adds a call; a thing counts with the size of its first one.
    pub(crate) fn push(&mut self, call: Call) {
        if call.thing as usize == self.things {
            self.things += 1;
            self.bytes = self.bytes.saturating_add(call.bytes);
        }
        self.seconds += call.seconds;
        self.calls.push(call);
    }

    /// Reads a trace; a sentence when it cannot be understood.
    pub(crate) fn read(text: impl BufRead) -> Result<Self, String> {
        let (mut trace, mut names) = (Self::default(), HashMap::<String, u32>::new());
        for (at, line) in text.lines().enumerate() {
            let line = line.map_err(|fault| match fault.kind() {
                ErrorKind::InvalidData => {
                    format!("line {}: it is no text in UTF-8; each line is {HEAD}", at + 1)
                }
                _ => format!("line {}: {fault}", at + 1),
            })?;
            // Spreadsheets write a mark before the first line.
            let line = line.trim_start_matches('\u{feff}').trim_end();
            if line.is_empty() || line.starts_with('#') || line == HEAD {
                continue;
            }
            let (key, bytes, seconds) = fields(line).map_err(|why| {
                format!("line {}: {why}; each line is {HEAD}, for example tables(2013),81920,2.5", at + 1)
            })?;
            let next = u32::try_from(names.len()).map_err(|_| "more than 2^32 keys".to_owned())?;
            let thing = *names.entry(key).or_insert(next);
            trace.push(Call { thing, bytes, seconds });
        }
        if trace.calls.is_empty() {
            return Err(format!("there is no call in it; each line is {HEAD}"));
        }
        Ok(trace)
    }
}

/// The two numbers stand last, so that a key may hold commas also where nobody quoted it.
fn fields(line: &str) -> Result<(String, u64, f64), String> {
    let mut parts = line.rsplitn(3, ',');
    let (Some(seconds), Some(bytes), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("there are not three fields".to_owned());
    };
    let bytes =
        bytes.trim().parse().map_err(|_| format!("{:?} is no whole number of bytes", bytes.trim()))?;
    let seconds = seconds.trim();
    let good = seconds.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    let seconds = good.ok_or_else(|| format!("{seconds:?} is no number of seconds"))?;
    let quoted = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    Ok((quoted.map_or_else(|| key.to_owned(), |key| key.replace("\"\"", "\"")), bytes, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read() {
        let text = "key,bytes,build_seconds\n# noon\ntables(\"a, b\"),10,0.5\n\"say \"\"hi\"\"\",20,2\n\ntables(\"a, b\"),10,0.5\n";
        let trace = Trace::read(text.as_bytes()).unwrap();
        let things: Vec<u32> = trace.calls.iter().map(|call| call.thing).collect();
        assert_eq!((things, trace.things, trace.bytes), (vec![0, 1, 0], 2, 30));
        assert!((trace.seconds - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_trace_that_went_through_a_spreadsheet_is_read() {
        let trace =
            Trace::read("\u{feff}key,bytes,build_seconds\r\na,10,1\r\na,10,1\r\n".as_bytes()).unwrap();
        assert_eq!((trace.calls.len(), trace.things), (2, 1));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let said = |text: &str| Trace::read(text.as_bytes()).unwrap_err();
        assert!(said("a,1,1\nb,2").starts_with("line 2: there are not three fields; each line is"));
        assert!(said("a,big,1").starts_with("line 1: \"big\" is no whole number of bytes"));
        assert!(said("a,-1,1").contains("no whole number of bytes"));
        assert!(said("a,1,soon").contains("\"soon\" is no number of seconds"));
        assert!(said("a,1,NaN").contains("no number of seconds"));
        assert!(said("# nothing\n").starts_with("there is no call in it"));
        let bytes = Trace::read(&b"a,1,1\n\xff\xfe,1,1\n"[..]).unwrap_err();
        assert_eq!(bytes, "line 2: it is no text in UTF-8; each line is key,bytes,build_seconds");
    }
}
