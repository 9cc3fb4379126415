//! A shop that tells what it would show, again whenever a flag changes:
//!
//! ```text
//! make run                                     # at the root of the repository; it shows a token
//! GONFALON_ENDPOINT=http://127.0.0.1:8080 GONFALON_TOKEN=gfn_admin_… cargo run --example shop
//! ```

use std::sync::mpsc;

use gonfalon::{Client, Config, Context, Event, Flags};

fn show(flags: &Flags) {
    for (user, plan) in [("user:1", "free"), ("user:2", "pro"), ("user:3", "team")] {
        let who = Context::new(user).attribute("plan", plan);
        let checkout = if flags.enabled("new_checkout", &who) { "the new checkout" } else { "the old checkout" };
        let hero = flags.variant("hero", &who).unwrap_or_else(|| "control".into());
        println!("{user}: {checkout}, hero {hero}");
    }
}

fn main() -> Result<(), gonfalon::StartError> {
    let flags = Client::start(Config::from_env())?;
    println!("{}: {}", flags.state(), flags.stats().last_error.unwrap_or_default());
    show(&flags);
    let (tell, told) = mpsc::channel();
    let _subscription = flags.subscribe(move |event| _ = tell.send(event.clone()));
    // With SHOP_ONCE, as the tests run it, the first change is the last.
    let once = std::env::var_os("SHOP_ONCE").is_some();
    for event in told {
        match event {
            Event::FlagsChanged(changed) => {
                println!("changed: {:?}", changed.flags);
                show(&flags);
                if once {
                    break;
                }
            }
            other => println!("{other:?}"),
        }
    }
    flags.close();
    Ok(())
}
