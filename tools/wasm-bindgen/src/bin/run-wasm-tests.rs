//! The program `wasm-bindgen-test-runner`: what `cargo test --target wasm32-unknown-unknown` hands its tests to.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())?)
}
