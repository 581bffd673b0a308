//! `classify`.

use super::best;
use crate::arguments::PicturesArguments;
use crate::network::Network;
use crate::{pictures, work};
use train::Failure;

/// Prints the five most probable classes of each picture.
pub(crate) fn classify(arguments: &PicturesArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let threads = train::start_threads(arguments.network.threads)?;
    let mut tape = work::tape(&arguments.network);
    println!(
        "{}: {} classes, pictures of {}×{}",
        network.title,
        network.classes.len(),
        network.size[1],
        network.size[0]
    );
    for word in &arguments.pictures {
        let picture = pictures::fitted(&pictures::open(word)?, &network);
        let x = network.normalize(&pictures::to_tensor(&picture));
        let probabilities = threads.run(|| network.probabilities(&mut tape, &x));
        println!("\n{word}");
        for (class, probability) in best(&probabilities, 5) {
            println!("{:>7.2} %  {:>4}  {}", 100.0 * probability, class, network.classes[class]);
        }
    }
    work::print_profile(&threads, &tape);
    Ok(())
}
