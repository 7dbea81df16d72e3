// All protos below $PROTOS, as tonic's users generate them: each package becomes a file in OUT_DIR.
use std::{env, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed=PROTOS");
    let root = PathBuf::from(env::var("PROTOS")?);
    let files = fs::read_dir(root.join("muster/v1"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    tonic_prost_build::configure().compile_protos(&files, &[root])?;
    Ok(())
}
