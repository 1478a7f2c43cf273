//! An explanation as Python gets it: JSON for programs, sentences for people.
//!
//! Promises: the same walk as a request's. Refuses: choosing words; `heirloom-core` has them.

use heirloom_core::engine::Explanation;

/// The JSON of an explanation, with the sentences that stand for its parts.
pub(crate) fn told(explanation: &Explanation) -> (String, String) {
    let steps: Vec<(String, String)> = explanation
        .trail
        .steps()
        .iter()
        .map(|step| (step.tier.to_string(), step.outcome.to_string()))
        .collect();
    let reasons: Vec<String> = explanation.trail.reasons().map(ToString::to_string).collect();
    let why = explanation.trail.why().map(ToString::to_string);
    let json = serde_json::json!({
        "name": explanation.name,
        "state": explanation.state,
        "why": why,
        "reasons": reasons,
        "steps": steps,
        "trail": explanation.trail,
        "record": explanation.record,
        "last": explanation.last,
    });
    (json.to_string(), explanation.to_string())
}
