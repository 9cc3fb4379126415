//! Compiles the engine, which the crate carries as C.

fn main() {
    #[cfg(feature = "engine-c")]
    {
        println!("cargo::rerun-if-changed=csrc/gonfalon.h");
        println!("cargo::rerun-if-changed=csrc/src");
        // Optimised also in debug builds: it is a machine's translation, and nobody steps through it.
        cc::Build::new().file("csrc/src/gonfalon.c").include("csrc").opt_level(2).warnings(false).compile("gonfalon");
    }
}
