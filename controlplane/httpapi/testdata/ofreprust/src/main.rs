//! Asks a control plane with OpenFeature's own provider for Rust. Each line of standard input is a question, and each line of
//! standard output what the provider answered (see ofrepclients_test.go):
//!
//! ```text
//! ofreprust URL TOKEN
//! ```

use open_feature::{
    EvaluationContext, EvaluationDetails, EvaluationErrorCode, EvaluationResult, OpenFeature,
    StructValue, Value as Field,
};
use open_feature_ofrep::{OfrepOptions, OfrepProvider};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let [url, token]: [String; 2] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .expect("URL TOKEN");
    let headers = HeaderMap::from_iter([(
        AUTHORIZATION,
        format!("Bearer {token}").parse().expect("a token"),
    )]);
    let options = OfrepOptions {
        base_url: url,
        headers,
        ..Default::default()
    };
    let provider = OfrepProvider::new(options).await.expect("a provider");
    let mut api = OpenFeature::singleton_mut().await;
    api.set_provider(provider).await;
    let client = api.create_client();
    // The provider writes a struct as Rust prints it, and a context has no lists: one group is a string.
    let user = EvaluationContext::default()
        .with_targeting_key("user:3")
        .with_custom_field("plan", "pro")
        .with_custom_field("groups", "staff");
    for line in std::io::stdin().lines() {
        let question: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let (key, default) = (
            question["key"].as_str().expect("a key"),
            &question["default"],
        );
        let answer = match question["type"].as_str() {
            Some("boolean") => told(
                client.get_bool_details(key, Some(&user), None).await,
                default,
            ),
            Some("string") => told(
                client.get_string_details(key, Some(&user), None).await,
                default,
            ),
            Some("integer") => told(
                client.get_int_details(key, Some(&user), None).await,
                default,
            ),
            Some("float") => told(
                client.get_float_details(key, Some(&user), None).await,
                default,
            ),
            _ => told(
                client
                    .get_struct_details::<Object>(key, Some(&user), None)
                    .await,
                default,
            ),
        };
        println!("{answer}");
    }
}

/// told returns an answer as the other languages give it. Rust returns an error, and leaves the default to the program.
fn told<T: Into<Value>>(result: EvaluationResult<EvaluationDetails<T>>, default: &Value) -> Value {
    match result {
        Ok(got) => {
            json!({"value": got.value.into(), "reason": got.reason.map(|r| r.to_string()), "variant": got.variant})
        }
        Err(e) => {
            let general = matches!(e.code, EvaluationErrorCode::General(_));
            let code = if general {
                "GENERAL".to_string()
            } else {
                e.code.to_string()
            };
            json!({"value": default, "reason": "ERROR", "errorCode": code})
        }
    }
}

struct Object(Value);

impl From<StructValue> for Object {
    fn from(object: StructValue) -> Self {
        let members = object
            .fields
            .into_iter()
            .map(|(name, field)| (name, plain(field)));
        Object(Value::Object(members.collect()))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.0
    }
}

fn plain(field: Field) -> Value {
    match field {
        Field::Bool(b) => b.into(),
        Field::Int(i) => i.into(),
        Field::Float(f) => f.into(),
        Field::String(s) => s.into(),
        Field::Array(items) => items.into_iter().map(plain).collect(),
        Field::Struct(object) => Object::from(object).into(),
    }
}
