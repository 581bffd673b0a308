//! `fool`.

use super::{best, input, said};
use crate::arguments::FoolArguments;
use crate::network::Network;
use crate::{pictures, work};
use draw::{ContactSheet, Picture};
use explain::{Distance, Fooled, Fooling};
use tape::Tensor;
use train::Failure;

/// How much the difference is enlarged at most.
const MAGNIFIED: f32 = 10.0;

pub(crate) fn fool(arguments: &FoolArguments) -> Result<(), Failure> {
    let network = Network::open(&arguments.network)?;
    let target = network.class(&arguments.target)?;
    let picture = pictures::fitted(&pictures::open(&arguments.picture)?, &network);
    let threads = train::start_threads(arguments.network.threads)?;
    let mut tape = work::tape(&arguments.network);
    let x = network.normalize(&pictures::to_tensor(&picture));
    let before = threads.run(|| network.probabilities(&mut tape, &x));
    let bar = work::bar(arguments.iterations);
    let rate = arguments.rate.unwrap_or(0.5 * network.scale());
    let technique = Fooling { rate, iterations: arguments.iterations };
    let fooled = threads.run(|| {
        technique.fool(
            &mut tape,
            &network.params,
            &x,
            target,
            |x| network.logits(x),
            |step, _| bar.set_position(step as u64),
        )
    });
    bar.finish_and_clear();
    let Fooled { picture: changed, iterations, succeeded } = fooled.map_err(input)?;
    let after = threads.run(|| network.probabilities(&mut tape, &changed));
    let (original, changed) = (network.denormalize(&x), network.denormalize(&changed));
    let Distance { l2, l_infinity, psnr } = Distance::between(&original, &changed);
    let ((class, p), (new_class, new_p)) = (best(&before, 1)[0], best(&after, 1)[0]);
    let steps = if iterations == 1 { "step" } else { "steps" };
    println!("before: {}\nafter {iterations} {steps}: {}", said(&network, class, p), said(&network, new_class, new_p));
    println!("difference, of numbers from 0 to 1: L2 {l2:.3}, L∞ {l_infinity:.4}, PSNR {psnr:.1} dB");
    if !succeeded {
        println!("the network is not fooled yet: more --iterations, or a higher --rate");
    }
    let title = format!("{} is fooled: L∞ {l_infinity:.3}, PSNR {psnr:.1} dB", network.title);
    let title = if succeeded { title } else { format!("{} is not fooled", network.title) };
    let sheet = ContactSheet::new(title)
        .columns(3)
        .picture(pictures::enlarged(&picture), ["before".to_string(), said(&network, class, p)])
        .picture(
            pictures::enlarged(&pictures::to_picture(&changed)),
            ["after".to_string(), said(&network, new_class, new_p)],
        )
        .picture(pictures::enlarged(&difference(&original, &changed)), [format!("difference × {MAGNIFIED}")]);
    work::save(&sheet, &work::folder(arguments.network.out.as_deref())?, "fooled.png")?;
    work::print_profile(&threads, &tape);
    Ok(())
}

/// The difference, enlarged, around gray.
fn difference(a: &Tensor, b: &Tensor) -> Picture {
    let number = |i: usize| 0.5 + MAGNIFIED * (b.as_slice()[i] - a.as_slice()[i]);
    pictures::to_picture(&Tensor::from_fn(a.shape(), number))
}
