//! The OpenFeature provider.
//!
//! ```no_run
//! use gonfalon::openfeature::Provider;
//! use gonfalon::{AsyncClient, Config};
//! use open_feature::{EvaluationContext, OpenFeature};
//!
//! # async fn run() -> Result<(), gonfalon::StartError> {
//! let flags = AsyncClient::start(Config::from_env()).await?;
//! let mut api = OpenFeature::singleton_mut().await;
//! api.set_provider(Provider::new(&flags)).await;
//! let who = EvaluationContext::default().with_targeting_key("user:3").with_custom_field("plan", "pro");
//! let on = api.create_client().get_bool_value("new_checkout", Some(&who), None).await.unwrap_or(false);
//! # Ok(())
//! # }
//! ```
//!
//! The targeting key is the actor, and `groups` is its group (a context of OpenFeature for Rust has no lists); both stay attributes
//! too. A flag has one value: what its variant carries (or the variant's name), or else whether it is enabled.

use open_feature::provider::{FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails};
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue, EvaluationError, EvaluationErrorCode, EvaluationReason,
    EvaluationResult, FlagMetadata, StructValue,
};
use serde_json::Value as Json;

use crate::context::Context;
use crate::decision::{Decision, Gate};
use crate::flags::Flags;
use crate::payload;
use crate::status::State;
use crate::value::{self, Value};

/// Resolves flags with any client, which stays the program's: to close it is up to the program.
///
/// OpenFeature for Rust has no events of providers. Its status is that of the client whenever it is asked.
#[derive(Clone, Debug)]
pub struct Provider {
    flags: Flags,
    metadata: ProviderMetadata,
}

impl Provider {
    /// A provider of a client's flags.
    pub fn new(flags: &Flags) -> Self {
        Provider { flags: flags.clone(), metadata: ProviderMetadata::new("gonfalon") }
    }

    fn resolve<T>(
        &self,
        key: &str,
        context: &EvaluationContext,
        kind: &str,
        convert: impl FnOnce(Json) -> Option<T>,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        let decision = self.flags.decide(key, read(context));
        let found = decision.resolve();
        let error = |code, message: String| Err(EvaluationError { code, message: Some(message) });
        let unreadable = "the context can't be read; the log says why";
        match found.error {
            "" => {}
            "PROVIDER_NOT_READY" => return error(EvaluationErrorCode::ProviderNotReady, self.why()),
            "FLAG_NOT_FOUND" => return error(EvaluationErrorCode::FlagNotFound, format!("flag {key} not found")),
            "INVALID_CONTEXT" => return error(EvaluationErrorCode::InvalidContext, unreadable.into()),
            other => return error(EvaluationErrorCode::General(other.into()), "the engine failed".into()),
        }
        let Some(value) = found.value else {
            // OpenFeature for Rust returns the caller's default only for an error.
            let code = EvaluationErrorCode::General(found.reason.into());
            return error(code, format!("flag {key} has no value for this context"));
        };
        let shown = value.to_string();
        let Some(value) = convert(value) else {
            return error(EvaluationErrorCode::TypeMismatch, format!("the value is {shown}, not {kind}"));
        };
        let reason = match found.reason {
            "STATIC" => EvaluationReason::Static,
            "TARGETING_MATCH" => EvaluationReason::TargetingMatch,
            "SPLIT" => EvaluationReason::Split,
            _ => EvaluationReason::Default,
        };
        let metadata = metadata(&decision, self.flags.state() == State::Stale);
        Ok(ResolutionDetails { value, variant: found.variant, reason: Some(reason), flag_metadata: Some(metadata) })
    }

    /// Why there are no flags.
    fn why(&self) -> String {
        self.flags.stats().last_error.unwrap_or_else(|| "the source hasn't answered yet".into())
    }
}

#[async_trait::async_trait]
impl FeatureProvider for Provider {
    fn status(&self) -> ProviderStatus {
        match self.flags.state() {
            State::NotReady => ProviderStatus::NotReady,
            State::Ready => ProviderStatus::Ready,
            State::Stale => ProviderStatus::STALE,
            State::Error => ProviderStatus::Error,
        }
    }

    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.resolve(key, context, "a boolean", |value| value.as_bool())
    }

    async fn resolve_int_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        // If one of the flag's numbers has a fraction, all are floats, whichever is served.
        let floats = || self.flags.store.engine().as_ref().is_some_and(|engine| engine.is_fractional(key));
        self.resolve(key, context, "an integer", |value| payload::integer(&value).filter(|_| !floats()))
    }

    async fn resolve_float_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.resolve(key, context, "a number", |value| value.as_f64())
    }

    async fn resolve_string_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.resolve(key, context, "a string", |value| value.as_str().map(str::to_owned))
    }

    async fn resolve_struct_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        self.resolve(key, context, "an object", |value| match open_value(value)? {
            open_feature::Value::Struct(object) => Some(object),
            _ => None,
        })
    }
}

/// The context as the SDK has it.
fn read(given: &EvaluationContext) -> Context {
    let fields = &given.custom_fields;
    let actor = match &given.targeting_key {
        Some(key) => Value::from(key),
        None => fields.get("targetingKey").map_or(Value::Null, field),
    };
    let mut context = Context::new(actor.clone());
    for (name, value) in fields {
        let value = field(value);
        if name == "groups" {
            context = context.groups_of(&value);
        }
        context = context.attribute(name, value);
    }
    match given.targeting_key {
        Some(_) => context.attribute("targetingKey", actor), // for rules on it, as over OFREP
        None => context,
    }
}

fn field(value: &EvaluationContextFieldValue) -> Value {
    match value {
        EvaluationContextFieldValue::Bool(value) => (*value).into(),
        EvaluationContextFieldValue::Int(value) => (*value).into(),
        EvaluationContextFieldValue::Float(value) => (*value).into(),
        EvaluationContextFieldValue::String(value) => value.into(),
        EvaluationContextFieldValue::DateTime(value) => {
            Value::Text(value::moment(value.unix_timestamp_nanos().div_euclid(1_000)))
        }
        // What a struct has in it, nobody can look at: only one of JSON, or of this crate.
        EvaluationContextFieldValue::Struct(value) => match value.downcast_ref::<Json>() {
            Some(value) => value.clone().into(),
            None => value.downcast_ref::<Value>().cloned().unwrap_or_default(),
        },
    }
}

/// A payload's value; None for null, which OpenFeature for Rust doesn't have.
fn open_value(value: Json) -> Option<open_feature::Value> {
    use open_feature::Value;
    Some(match value {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(value) => Value::String(value),
        Json::Array(items) => Value::Array(items.into_iter().filter_map(open_value).collect()),
        Json::Object(items) => {
            let fields = items.into_iter().filter_map(|(name, item)| Some((name, open_value(item)?))).collect();
            Value::Struct(StructValue { fields })
        }
    })
}

/// What else there is to say about a decision, where it applies.
fn metadata(decision: &Decision, stale: bool) -> FlagMetadata {
    let mut found = FlagMetadata::default();
    if decision.known() {
        found.add_value("enabled", decision.enabled());
    }
    if decision.gate() != Gate::None {
        found.add_value("gate", decision.path());
    }
    if let Some(revision) = decision.revision() {
        found.add_value("revision", revision as i64);
    }
    if decision.killed() {
        found.add_value("killed", true);
    }
    if stale {
        found.add_value("stale", true);
    }
    found
}
