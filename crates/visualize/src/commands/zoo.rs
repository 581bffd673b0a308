//! `zoo`.

use crate::arguments::{NetworkArguments, ZooArguments};
use crate::network::{Network, architecture};
use nn::zoo::Architecture;
use tape::Params;
use train::Failure;

/// Lists the architectures, or the layers of one.
pub(crate) fn zoo(arguments: &ZooArguments) -> Result<(), Failure> {
    let model = match (&arguments.model, &arguments.weights) {
        (None, None) => {
            println!("known architectures, for --model:");
            Architecture::ALL.iter().for_each(|architecture| println!("  {}", architecture.name()));
            println!("\nand the network inside the program, whose layers are:");
            Network::open(&NetworkArguments::default())?.model
        }
        (None, weights) => Network::open(&NetworkArguments { weights: weights.clone(), ..Default::default() })?.model,
        (Some(name), _) => architecture(name)?.build(Params::<f32>::new(0).root(), 1000),
    };
    model.names().for_each(|name| println!("  {name}"));
    Ok(())
}
