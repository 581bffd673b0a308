//! Searches against each other, and the cache against none.

use super::*;
use crate::arguments::{AttentionKind, DatasetKind, ModelKind, Settings, TokensKind};
use crate::models::{FullTransformer, Model, Search, Uncached};
use tape::{Params, Tape};

const SIZES: [usize; 2] = [30, 25];
const LENGTH: usize = 12;

fn settings(model: ModelKind) -> Settings {
    Settings {
        model,
        dataset: DatasetKind::Generated,
        data_dir: None,
        pairs: None,
        tokens: TokensKind::Words,
        min_count: Some(1),
        vocabulary: None,
        max_length: LENGTH,
        attention: (model == ModelKind::LstmAttention).then_some(AttentionKind::Additive),
        width: 16,
        hidden: 20,
        layers: 1,
        heads: (!model.is_recurrent()).then_some(2),
        dropout: 0.1,
        teacher_forcing: model.is_recurrent().then_some(1.0),
        label_smoothing: 0.0,
        tied: None,
        norm_first: None,
    }
}

/// Sentences of different lengths.
fn sentences() -> Vec<Vec<u32>> {
    (1..9).map(|length| (0..length).map(|i| 4 + (i * 7 + length * 3) % 26).collect()).collect()
}

/// Models with weights large enough that they say different things, and end at different times.
fn models() -> Vec<(Params, Model)> {
    let kinds = [
        ModelKind::Rnn,
        ModelKind::Lstm,
        ModelKind::Gru,
        ModelKind::LstmAttention,
        ModelKind::TransformerEncoder,
        ModelKind::Transformer,
    ];
    kinds.map(model).into()
}

fn model(kind: ModelKind) -> (Params, Model) {
    let mut params = Params::new(5);
    let model = Model::new(&mut params, &settings(kind), SIZES);
    for (name, tensor) in params.tensors_mut() {
        let grow = if name.contains("norm") || name.contains("pe") { 1.0 } else { 3.0 };
        tensor.as_mut_slice().iter_mut().for_each(|number| *number *= grow);
        if name == "output.bias" {
            tensor.as_mut_slice()[EOS as usize] += 1.5;
        }
    }
    (params, model)
}

fn translate(model: &(Params, Model), search: Search, batch: usize) -> Vec<Translation> {
    model.1.translate(&mut Tape::new(), &model.0, &sentences(), (LENGTH, batch), search)
}

fn words(translations: &[Translation]) -> Vec<Vec<u32>> {
    translations.iter().map(|translation| translation.tokens.clone()).collect()
}

#[test]
fn a_beam_of_one_is_greedy() {
    let mut lengths = std::collections::HashSet::new();
    for model in models() {
        let beam = Beam { width: 1, length_penalty: 0.6 };
        let greedy = translate(&model, Search::Greedy, 3);
        assert_eq!(translate(&model, Search::Beam(beam), 3), greedy);
        lengths.extend(greedy.iter().map(|said| said.tokens.len()));
        assert!(greedy.iter().flat_map(|said| &said.tokens).all(|&token| token > EOS));
    }
    assert!(lengths.len() > 4, "{lengths:?}");
}

/// A beam may lose what greedy finds, but seldom does.
#[test]
fn a_wide_beam_finds_translations_at_least_as_probable() {
    let (mut compared, mut better, mut other) = (0, 0, 0);
    for model in models() {
        let wide = Beam { width: 6, length_penalty: 0.0 };
        let (beam, greedy) = (translate(&model, Search::Beam(wide), 8), translate(&model, Search::Greedy, 8));
        // What ends at the limit is no whole translation.
        for (beam, greedy) in beam.iter().zip(&greedy).filter(|(_, greedy)| greedy.tokens.len() <= LENGTH) {
            compared += 1;
            better += u32::from(beam.score >= greedy.score);
            other += u32::from(beam.tokens != greedy.tokens);
        }
    }
    assert!(compared >= 20 && better * 10 >= compared * 9 && other > 0, "{better} of {compared}, {other} others");
}

#[test]
fn the_size_of_a_batch_changes_nothing() {
    for model in models() {
        // One beam is wider than the vocabulary: a sentence then has fewer beginnings than the beam could hold.
        let [beam, wide] = [3, 40].map(|width| Search::Beam(Beam { width, length_penalty: 0.6 }));
        for search in [Search::Greedy, beam, wide, Search::Sample(1.0, 3)] {
            let (alone, together) = (translate(&model, search, 1), translate(&model, search, 8));
            assert_eq!(words(&alone), words(&together), "{search}");
        }
    }
}

#[test]
fn a_low_temperature_says_the_best_words_and_a_high_one_others() {
    for model in models() {
        let greedy = words(&translate(&model, Search::Greedy, 8));
        assert_eq!(words(&translate(&model, Search::Sample(1e-6, 3), 8)), greedy);
        let drawn = words(&translate(&model, Search::Sample(2.0, 3), 8));
        assert_eq!(drawn, words(&translate(&model, Search::Sample(2.0, 3), 8)));
        assert_ne!(drawn, greedy);
        assert_ne!(drawn, words(&translate(&model, Search::Sample(2.0, 4), 8)));
    }
}

/// The same translations with the same scores, bit by bit, with keys and values kept and computed again each time.
#[test]
fn the_cache_changes_no_bit() {
    let (params, model) = model(ModelKind::Transformer);
    let Model::Transformer(model) = model else { panic!("a transformer") };
    let sentences = sentences();
    let rows: Vec<&[u32]> = sentences.iter().map(|words| &words[..]).collect();
    let sources = Sources::new(&rows, 0);
    let all = |which: &dyn Fn(&FullTransformer, &Source<'_>) -> Vec<Translation>| {
        Tape::new().eval(&params, |t| {
            let mut found = which(&model, &sources.on(t));
            found.iter_mut().for_each(|translation| translation.weights.clear());
            found
        })
    };
    let wide = Beam { width: 4, length_penalty: 0.6 };
    let limits = vec![LENGTH; sentences.len()];
    let cached = [all(&|m, source| greedy(m, source, &limits)), all(&|m, source| beam(m, source, &limits, wide))];
    let uncached = [
        all(&|m, source| greedy(&Uncached(m), source, &limits)),
        all(&|m, source| beam(&Uncached(m), source, &limits, wide)),
    ];
    assert_eq!(cached, uncached);
    assert!(cached[0].iter().any(|said| said.tokens.len() > 3), "{cached:?}");
}

/// Said right, a translation is as probable in steps as at once.
#[test]
fn steps_give_the_logits_of_training() {
    use data::text::{LengthLimit, Pair, PairDataset, Tokenizer};
    let pairs = [Pair::new("a b c d", "x y z"), Pair::new("b a", "z x y x"), Pair::new("d", "y")];
    let german = Tokenizer::words(pairs.iter().map(|pair| &pair.source), true, 1);
    let english = Tokenizer::words(pairs.iter().map(|pair| &pair.target), true, 1);
    for (params, model) in models() {
        let data = PairDataset::new(&pairs, &german, &english, LengthLimit::None);
        let data = if model.needs_common_length() { data.common_length() } else { data };
        let batch = data::Loader::sequential(&data, 3).epoch(0).next().unwrap();
        Tape::new().eval(&params, |t| {
            let want = model.outputs(t, &batch).logits();
            let [rows, columns, _] = want.dims();
            let source = Source::of(t, &batch);
            let check = |column: usize, logits: Var<'_>| {
                let at = want.slice(1, column..column + 1);
                let close = logits.value().iter().zip(at.value().iter()).all(|(a, b)| (a - b).abs() < 1e-4);
                assert!(close, "column {column}: {logits:?} {at:?}");
            };
            let given = |column: usize| -> Vec<u32> {
                (0..rows).map(|row| batch.target_in.as_slice()[row * columns + column]).collect()
            };
            macro_rules! steps {
                ($model:expr) => {{
                    let mut state = $model.start(&source);
                    for column in 0..columns {
                        let next = $model.step(state, indices(t, &given(column)));
                        check(column, next.logits);
                        state = next.state;
                    }
                }};
            }
            match &model {
                Model::Recurrent(model) => steps!(model),
                Model::Positions(model) => steps!(model),
                Model::Transformer(model) => steps!(model),
            }
        });
    }
}
