//! Where an actor falls, for any flag.

use sha2::{Digest, Sha256};

use crate::actor::Who;
use crate::context::{Actors, Reading};
use crate::decision::SCORES;

/// Returns the actor's place in [0, 1) for the flag with this key, whether or not there is such a flag: what percentages and variants
/// go by. None for an actor without a key, and for nobody.
pub fn score<'a>(key: &str, who: impl Into<Who<'a>>) -> Option<f64> {
    let who = who.into();
    let actor = match Reading::of(&who.0).actor {
        Actors::Text(actor) => actor.to_owned(),
        Actors::Own(actor) => actor,
        Actors::Nobody | Actors::Keyless => return None,
    };
    let digest = Sha256::new().chain_update(actor).chain_update(key).finalize();
    Some(f64::from(u16::from_be_bytes([digest[0], digest[1]])) / SCORES)
}
