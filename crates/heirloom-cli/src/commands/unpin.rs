//! `heirloom unpin`: lets an object be collected again.
//!
//! Promises: the opposite of `pin`, by the same KEY. Refuses: removing anything.

use clap::Args;

use super::{Call, pin};
use crate::stop::Outcome;

const BELOW: &str = "\
Example:
  heirloom unpin 3fa9c1";

/// Let an object be collected again
#[derive(Args)]
#[command(after_help = BELOW)]
pub(crate) struct Unpin {
    /// Which object
    key: String,
}

pub(crate) fn run(arguments: &Unpin, call: &mut Call<'_>) -> Outcome {
    pin::turn(call, &arguments.key, false)
}
