//! The `syncdeck` program: hands the command line to `cli` and exits with its code.

fn main() -> std::process::ExitCode {
    syncdeck::cli::main()
}
