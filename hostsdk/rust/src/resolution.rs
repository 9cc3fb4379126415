//! A flag's one value, as OpenFeature and every SDK have it: the table "Values" of hostsdk/README.md.

use serde_json::Value;

use crate::decision::{Decision, DecisionError, Reason};

/// A value in OpenFeature's words.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Resolution {
    /// The value; None is the caller's default.
    pub value: Option<Value>,
    /// The name of the variant; `on` or `off` for a flag without variants.
    pub variant: Option<String>,
    /// Why: STATIC, TARGETING_MATCH, SPLIT, DEFAULT, DISABLED or ERROR.
    pub reason: &'static str,
    /// The code of the error; empty if there is none.
    pub error: &'static str,
}

impl Resolution {
    /// The first row that fits.
    pub(crate) fn of(decision: &Decision) -> Self {
        let default = |reason, error| Resolution { value: None, variant: None, reason, error };
        match (decision.error(), decision.reason()) {
            (Some(DecisionError::Context(_)), _) => return default("ERROR", "INVALID_CONTEXT"),
            (Some(DecisionError::Engine(_)), _) => return default("ERROR", "GENERAL"),
            (None, Reason::NotReady) => return default("ERROR", "PROVIDER_NOT_READY"),
            (None, Reason::UnknownFlag) => return default("ERROR", "FLAG_NOT_FOUND"),
            (None, _) => {}
        }
        if let Some(name) = decision.variant() {
            return Resolution {
                value: if decision.has_payload() { decision.payload() } else { Some(name.into()) },
                variant: Some(name.to_owned()),
                reason: if decision.killed() { "STATIC" } else { "SPLIT" },
                error: "",
            };
        }
        if decision.has_variants() {
            return default(if decision.killed() { "DISABLED" } else { "DEFAULT" }, "");
        }
        let enabled = decision.enabled() && !decision.killed();
        let reason = match decision.reason() {
            Reason::Static | Reason::Killed => "STATIC",
            Reason::TargetingMatch => "TARGETING_MATCH",
            Reason::Split => "SPLIT",
            _ => "DEFAULT",
        };
        let variant = if enabled { "on" } else { "off" };
        Resolution { value: Some(enabled.into()), variant: Some(variant.into()), reason, error: "" }
    }
}
