//! `summary`.

use crate::arguments::Flags;
use crate::corpus::{self, Languages};
use crate::translator::Translator;
use data::text::{EOS, PairBatch, SOS};
use tape::{Indices, Mask};
use train::{Failure, Summary, SummaryArguments};

/// Tokens of the sentences in the summary, `<sos>` and `<eos>` counted.
const LENGTH: usize = 16;

/// Shows the layers of a model.
pub(crate) fn summary(arguments: &SummaryArguments<Flags>) -> Result<(), Failure> {
    let options = arguments.options.clone().or_config(arguments.config.as_deref())?;
    let (settings, training) = options.project.settings(options.training)?;
    let languages = Languages::of(&corpus::sentences(&settings)?.train.pairs, &settings);
    let translator = Translator::new(settings, training, languages);
    // A recurrent decoder does the same for every word: one shows it.
    let length = LENGTH.min(translator.settings.max_length + 2);
    let said = if translator.settings.model.is_recurrent() { 1 } else { length };
    let batch = batch(translator.training.batch_size, length, said);
    println!(
        "{}, a batch of {} sentences of {length} tokens, of which {said} in English {}\n",
        translator.title(),
        translator.training.batch_size,
        if said == 1 { "is said" } else { "are said" }
    );
    println!("{}", Summary::of(&translator.params, |t| translator.model.outputs(t, &batch).logits()));
    Ok(())
}

fn batch(rows: usize, source: usize, target: usize) -> PairBatch {
    let tokens = |columns: usize| Indices::from_fn([rows, columns], |i| if i % columns == 0 { SOS } else { EOS });
    PairBatch {
        numbers: (0..rows as u32).collect(),
        source: tokens(source),
        source_mask: Mask::full([rows, source], 1),
        source_lengths: Indices::full([rows], source as u32),
        target_in: tokens(target),
        target_out: Indices::full([rows, target], EOS),
        target_mask: Mask::full([rows, target], 1),
        target_lengths: Indices::full([rows], target as u32),
    }
}
