//! A progress bar with an estimate, for what takes longer than a second.
//!
//! Promises: 1. it is drawn on a terminal only, on the messages' side; 2. it is gone when the work is done.
//! Refuses: being drawn for what is done at once.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::commands::Call;

const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears when the work takes longer than a second.
pub(crate) struct Progress {
    wanted: bool,
    begun: Instant,
    shape: &'static str,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar that counts bytes.
    pub(crate) fn of_bytes(call: &Call<'_>) -> Self {
        Self::new(call, "{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left")
    }

    /// A bar that counts entries.
    pub(crate) fn of_entries(call: &Call<'_>) -> Self {
        Self::new(call, "{msg} {wide_bar} {pos} of {len}, {eta} left")
    }

    fn new(call: &Call<'_>, shape: &'static str) -> Self {
        let wanted = call.surroundings.err_is_terminal && !call.console.quiet;
        Self { wanted, begun: Instant::now(), shape, bar: None }
    }

    /// Notes how far the work is.
    pub(crate) fn at(&mut self, doing: &'static str, done: u64, total: u64) {
        if !self.wanted || (self.bar.is_none() && self.begun.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template(self.shape).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            // The estimate counts from when the work began, not from when the bar appeared.
            bar.with_style(style).with_message(doing).with_elapsed(self.begun.elapsed())
        });
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
