//! Runs hostsdk/testdata/values.json as an OpenFeature provider.

use std::sync::Arc;
use std::time::Duration;

use gonfalon::openfeature::Provider;
use gonfalon::testing::FlagsForTest;
use gonfalon::{Client, Config};
use open_feature::provider::{FeatureProvider, ProviderStatus, ResolutionDetails};
use open_feature::{
    EvaluationContext, EvaluationContextFieldValue, EvaluationErrorCode, EvaluationResult, FlagMetadataValue,
    OpenFeature, StructValue, Value as Open,
};
use serde_json::{Value as Json, json};

use crate::tree;
use crate::values::{cases, same, typed};

/// A value as a context of OpenFeature has it; None if it doesn't have the type. Lists and maps come as structs.
fn field(value: &Json) -> Option<EvaluationContextFieldValue> {
    use gonfalon::Value;
    Some(match typed(value)? {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Text(value) => value.into(),
        other => EvaluationContextFieldValue::Struct(Arc::new(other)),
    })
}

fn context(case: &Json) -> Option<EvaluationContext> {
    let mut context = EvaluationContext::default();
    for (name, value) in case["attributes"].as_object().into_iter().flatten() {
        context.add_custom_field(name, field(value)?);
    }
    match &case["actor"] {
        Json::Null => {}
        actor => match actor["string"].as_str() {
            Some(key) => context.targeting_key = Some(key.into()),
            None => context.add_custom_field("targetingKey", field(actor)?),
        },
    }
    if !case["groups"].is_null() {
        context.add_custom_field("groups", field(&case["groups"])?);
    }
    Some(context)
}

/// A value without null, which OpenFeature for Rust doesn't have.
fn without_null(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().filter(|item| !item.is_null()).map(without_null).collect(),
        Json::Object(items) => {
            let items = items.iter().filter(|(_, item)| !item.is_null());
            items.map(|(name, item)| (name.clone(), without_null(item))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// The value, the error and the metadata of an answer.
type Answer = (Option<Json>, String, Json);

fn told<T>(answer: EvaluationResult<ResolutionDetails<T>>, json: impl Fn(T) -> Json) -> Answer {
    match answer {
        Err(error) => match error.code {
            // What OpenFeature elsewhere answers as the default, without an error.
            EvaluationErrorCode::General(reason) if ["DEFAULT", "DISABLED"].contains(&reason.as_str()) => {
                (None, String::new(), Json::Null)
            }
            code => (None, code.to_string(), Json::Null),
        },
        Ok(details) => {
            let metadata = details.flag_metadata.unwrap_or_default().values;
            let plain = |value: &FlagMetadataValue| match value {
                FlagMetadataValue::Bool(value) => json!(value),
                FlagMetadataValue::Int(value) => json!(value),
                FlagMetadataValue::Float(value) => json!(value),
                FlagMetadataValue::String(value) => json!(value),
            };
            let metadata: serde_json::Map<_, _> =
                metadata.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            (Some(json(details.value)), String::new(), metadata.into())
        }
    }
}

fn open(value: Open) -> Json {
    match value {
        Open::Bool(value) => value.into(),
        Open::Int(value) => value.into(),
        Open::Float(value) => value.into(),
        Open::String(value) => value.into(),
        Open::Array(items) => items.into_iter().map(open).collect(),
        Open::Struct(StructValue { fields }) => {
            fields.into_iter().map(|(name, value)| (name, open(value))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}

#[tokio::test]
async fn the_provider_reads_values_as_the_contract_says() {
    let contract = tree::json("hostsdk/testdata/values.json");
    let snapshot = tree::base64(&contract["snapshot"]);
    let mut run = 0;
    for case in cases(&contract, "provider") {
        let (Some(context), true) = (context(case), case["roll"].is_null()) else { continue };
        run += 1;
        let config = match case["loaded"].as_bool() {
            Some(false) => Config::offline().file("/nonexistent/flags.snapshot").ready_within(Duration::ZERO),
            _ => Config::offline().bootstrap(snapshot.clone()),
        };
        let flags = Client::start(config).expect("a client");
        let provider = Provider::new(&flags);
        let key = case["flag"].as_str().expect("a key");
        let (value, error, metadata) = match case["as"].as_str().unwrap_or("boolean") {
            "boolean" => told(provider.resolve_bool_value(key, &context).await, Json::from),
            "string" => told(provider.resolve_string_value(key, &context).await, Json::from),
            "integer" => told(provider.resolve_int_value(key, &context).await, Json::from),
            "float" => told(provider.resolve_float_value(key, &context).await, Json::from),
            _ => told(provider.resolve_struct_value(key, &context).await, |value| open(value.into())),
        };
        let (about, want) = (&case["about"], &case["want"]);
        let default = || case.get("default").cloned().unwrap_or(json!(false)); // which a program falls back to
        let wanted = without_null(want.get("value").unwrap_or(&want["enabled"]));
        assert!(same(&value.unwrap_or_else(default), &wanted), "{about}: {error} {metadata}");
        assert_eq!(error, want["error"].as_str().unwrap_or_default(), "{about}");
        if metadata.is_object() {
            assert_eq!(metadata["enabled"], want["enabled"], "{about}");
            assert_eq!(metadata.get("gate").unwrap_or(&json!("")), &want["gate"], "{about}");
        }
    }
    assert!(run > 75, "{run} cases");
}

#[tokio::test]
async fn a_program_asks_by_openfeature() {
    let mut flags = FlagsForTest::new();
    flags.enable("a", ());
    let provider = Provider::new(&flags);
    assert!(provider.status() == ProviderStatus::Ready && provider.metadata().name == "gonfalon");
    let mut api = OpenFeature::singleton_mut().await;
    api.set_provider(provider).await;
    let client = api.create_client();
    assert_eq!(client.get_bool_value("a", None, None).await, Ok(true));
    flags.kill("a");
    let details = client.get_bool_details("a", None, None).await.expect("an answer");
    assert_eq!(details.flag_metadata.values.get("killed"), Some(&FlagMetadataValue::Bool(true)));
    let unknown = client.get_bool_value("b", None, None).await.expect_err("there is none");
    assert_eq!(unknown.code, EvaluationErrorCode::FlagNotFound);
    flags.unload();
    let unloaded = client.get_bool_value("a", None, None).await.expect_err("there is nothing");
    assert_eq!(unloaded.code, EvaluationErrorCode::ProviderNotReady);
}
