//! The curve as an SVG picture: build seconds saved against bytes of memory, one line for each policy.
//!
//! Promises: one file that any browser shows, readable in light and in dark. Refuses: scripts and fonts of its own.

use std::fmt::Write;

use heirloom_core::settings::shown_size;

use super::study::{Policy, Study};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 52.0;

/// The picture.
pub(crate) fn drawn(study: &Study) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"16\">share of build seconds saved, by bytes of memory</text>\n"
    );
    for tenth in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        let y = down(tenth);
        let (right, label) = (WIDTH - RIGHT, LEFT - 8.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>\
             <text x=\"{label}\" y=\"{:.1}\" text-anchor=\"end\">{:.0} %</text>",
            y + 4.0,
            tenth * 100.0
        );
    }
    for (at, budget) in study.budgets.iter().enumerate() {
        let x = across(at, study.budgets.len());
        let y = HEIGHT - BOTTOM + 16.0;
        let label = shown_size(budget.bytes);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\" \
             transform=\"rotate(-30 {x:.1} {y:.1})\">{label}</text>"
        );
    }
    labelled_lines(study, &mut svg);
    if let Some(at) = study.budgets.iter().position(|budget| budget.bytes == study.knee.bytes) {
        let (x, y) = (across(at, study.budgets.len()), down(study.knee.saved));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"none\" stroke=\"#000\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">knee: {}</text>",
            x + 9.0,
            y + 16.0,
            shown_size(study.knee.bytes)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn labelled_lines(study: &Study, svg: &mut String) {
    let mut labels: Vec<(f64, Policy)> = Vec::new();
    for policy in Policy::ALL {
        let points: Vec<String> = study
            .budgets
            .iter()
            .enumerate()
            .map(|(at, budget)| {
                format!("{:.1},{:.1}", across(at, study.budgets.len()), down(budget.saved(policy)))
            })
            .collect();
        let (color, dash, wide) = look(policy);
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{wide}\" \
             stroke-dasharray=\"{dash}\"/>",
            points.join(" ")
        );
        labels.push((study.budgets.last().map_or(0.0, |last| down(last.saved(policy))), policy));
    }
    // Of lines that end at one point, the better policy stands above.
    labels.reverse();
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut lowest = 0.0_f64;
    for (y, policy) in labels {
        // Lines that end at one point have their names below each other.
        lowest = y.max(lowest + 15.0);
        let (color, ..) = look(policy);
        let x = WIDTH - RIGHT + 8.0;
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{:.1}\" fill=\"{color}\">{}</text>",
            lowest + 4.0,
            policy.name()
        );
    }
}

fn look(policy: Policy) -> (&'static str, &'static str, u8) {
    match policy {
        Policy::Lru => ("#7a7a7a", "2 3", 2),
        Policy::Lfu => ("#a06a00", "2 3", 2),
        Policy::Gdsf => ("#1f6fb4", "6 3", 2),
        Policy::Heirloom => ("#c0392b", "none", 3),
        Policy::Clairvoyant => ("#2e8b57", "8 3", 2),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of budgets")]
fn across(at: usize, count: usize) -> f64 {
    let share = if count > 1 { at as f64 / (count - 1) as f64 } else { 0.5 };
    LEFT + 14.0 + share * (WIDTH - LEFT - RIGHT - 28.0)
}

fn down(saved: f64) -> f64 {
    TOP + (1.0 - saved) * (HEIGHT - TOP - BOTTOM)
}
