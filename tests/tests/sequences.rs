//! Recurrent layers, attention and transformers against PyTorch's, from the same weights: results and all gradients.

use nn::attention::{AttentionMask, MultiHeadAttention, SequenceAttention};
use nn::transformer::{
    PaddingMasks, Transformer, TransformerConfig, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder,
    TransformerEncoderLayer,
};
use nn::{Cell, Recurrent, RecurrentState};
use retrograde_tests::formula::{Comparison, fill, numbers};
use serde_json::Value;
use tape::{Graph, Indices, Mask, MaskVar, ParamPath, Params, Real, Shape, Tape, Tensor, Var};

const BATCH: usize = 3;
const SOURCE: usize = 7;
const TARGET: usize = 5;
const WIDTH: usize = 12;
const HEADS: usize = 3;
const FEATURES: usize = 8;
const LENGTHS: [u32; BATCH] = [4, 7, 2];

/// Compares a model with a case of the file. `build` makes it, `run` gives its results from inputs of these shapes.
fn check<F: Real, M>(
    cases: &Value,
    name: &str,
    shapes: &[&[usize]],
    build: impl FnOnce(ParamPath<'_, F>) -> M,
    run: impl for<'t> Fn(&M, &'t Graph<'t, F>, &[Var<'t, F>]) -> Vec<Var<'t, F>>,
) -> Comparison {
    let expected = &cases[name];
    let mut params = Params::<F>::new(0);
    let model = build(params.root());
    let names = fill(&mut params, |name| name.contains("norm") && name.ends_with("weight"));
    let mut root = params.root();
    let inputs: Vec<_> = (0..shapes.len()).map(|i| root.at("input").param(&i.to_string(), shapes[i], 0.0)).collect();
    for (i, &id) in inputs.iter().enumerate() {
        let shape = Shape::new(shapes[i]);
        params.get_mut(id).as_mut_slice().copy_from_slice(&numbers::<F>(shape.len(), 2000 + i));
    }
    let mut comparison = Comparison::default();
    let mut tape = Tape::<F>::new();
    let (_, step) = tape.grad(&params, |t| {
        let x: Vec<_> = inputs.iter().map(|&id| t.param(id)).collect();
        let results = run(&model, t, &x);
        let list = expected["results"].as_array().unwrap_or_else(|| panic!("{name} is in the file"));
        let pattern = |i: usize, y: Var<'_, F>| Tensor::from_vec(y.shape(), numbers::<F>(y.shape().len(), 3000 + i));
        for (i, (y, theirs)) in results.iter().zip(list).enumerate() {
            comparison.add_summary(&format!("result {i}"), &y.value(), 10 + i, theirs);
        }
        assert!(results.len() == list.len());
        let scores = results.iter().enumerate().map(|(i, &y)| (y * t.input(&pattern(i, y))).sum(..));
        scores.reduce(|a, b| a + b).expect("there are results")
    });
    let of_names = names.iter().cloned().chain((0..shapes.len()).map(|i| format!("input {i}")));
    assert_eq!(expected["gradients"].as_object().unwrap().len(), of_names.clone().count(), "{name}: parameters");
    for (index, gradient) in step.iter() {
        let entry = params.entries()[index].name().replace("input.", "input ");
        let key = of_names.clone().position(|other| other == entry).expect("a name of the list");
        comparison.add_summary(&entry, gradient.as_slice(), 1000 + key, &expected["gradients"][&entry]);
    }
    assert_eq!(step.iter().count(), of_names.count(), "{name}: gradients");
    comparison
}

fn padding<'t, F: Real>(t: &'t Graph<'t, F>, time: usize, lengths: [u32; BATCH]) -> MaskVar<'t, F> {
    t.mask(&Mask::from_fn([BATCH, time], |i| u8::from(i % time >= lengths[i / time] as usize)))
}

fn source_padding<'t, F: Real>(t: &'t Graph<'t, F>) -> MaskVar<'t, F> {
    padding(t, SOURCE, LENGTHS)
}

fn recurrent<F: Real>(cases: &Value, cell: Cell, name: &str, packed: bool) -> Comparison {
    let states: &[usize] = &[if packed { 4 } else { 1 }, BATCH, WIDTH];
    let x: &[usize] = &[BATCH, SOURCE, FEATURES];
    let shapes = [x, states, states];
    let build = |params: ParamPath<'_, F>| match (cell, packed) {
        (_, true) => Recurrent::config(cell, FEATURES, WIDTH).layers(2).bidirectional(true).build(params),
        (Cell::Rnn, _) => Recurrent::rnn(params, FEATURES, WIDTH),
        (Cell::Lstm, _) => Recurrent::lstm(params, FEATURES, WIDTH),
        (Cell::Gru, _) => Recurrent::gru(params, FEATURES, WIDTH),
    };
    check(cases, name, &shapes[..1 + cell.states()], build, |model, t, x| {
        let lengths = packed.then(|| t.indices(&Indices::from_vec([BATCH], LENGTHS.to_vec())));
        let state = RecurrentState { hidden: x[1], cell: x.get(2).copied() };
        let (y, state) = model.forward(x[0], Some(state), lengths);
        [Some(y), Some(state.hidden), state.cell].into_iter().flatten().collect()
    })
}

fn compare<F: Real>(cases: &Value) -> Vec<(String, Comparison)> {
    let mut all = Vec::new();
    for (cell, name) in [(Cell::Rnn, "rnn"), (Cell::Lstm, "lstm"), (Cell::Gru, "gru")] {
        all.push((name.to_string(), recurrent::<F>(cases, cell, name, false)));
        let name = format!("{name} packed");
        all.push((name.clone(), recurrent::<F>(cases, cell, &name, true)));
    }
    let (source, target): (&[usize], &[usize]) = (&[BATCH, SOURCE, WIDTH], &[BATCH, TARGET, WIDTH]);
    let mut add = |name: &str, comparison: Comparison| all.push((name.to_string(), comparison));

    let heads = |params: ParamPath<'_, F>| MultiHeadAttention::new(params, WIDTH, HEADS);
    add(
        "self-attention",
        check(cases, "self-attention", &[target], heads, |m, _, x| {
            vec![m.attend_self(x[0], &AttentionMask::causal(None)).value]
        }),
    );
    add(
        "self-attention padded",
        check(cases, "self-attention padded", &[source], heads, |m, t, x| {
            vec![m.attend_self(x[0], &AttentionMask::padding(Some(source_padding(t)))).value]
        }),
    );
    add(
        "attention",
        check(cases, "attention", &[target, source, source], heads, |m, t, x| {
            vec![m.forward(x[0], x[1], x[2], &AttentionMask::padding(Some(source_padding(t)))).value]
        }),
    );
    let others = |params: ParamPath<'_, F>| {
        MultiHeadAttention::config(WIDTH, HEADS).key_inputs(FEATURES).value_inputs(5).build(params)
    };
    let shapes: [&[usize]; 3] = [target, &[BATCH, SOURCE, FEATURES], &[BATCH, SOURCE, 5]];
    add(
        "attention to others",
        check(cases, "attention to others", &shapes, others, |m, t, x| {
            let excluded = Mask::from_fn([TARGET, SOURCE], |i| u8::from((i / SOURCE + 2 * (i % SOURCE)) % 3 == 1));
            let mask = AttentionMask { pairs: Some(t.mask(&excluded)), ..AttentionMask::default() };
            vec![m.forward(x[0], x[1], x[2], &mask).value]
        }),
    );

    type Attention<F> = fn(ParamPath<'_, F>) -> SequenceAttention;
    let kinds: [(&str, Attention<F>); 4] = [
        ("cosine", |_| SequenceAttention::cosine()),
        ("cosine with temperature", |params| SequenceAttention::cosine_with_temperature(params, 1.0)),
        ("dot", |_| SequenceAttention::Dot),
        ("additive", |params| SequenceAttention::additive(params, WIDTH, WIDTH, 6)),
    ];
    for (name, build) in kinds {
        add(
            name,
            check(cases, name, &[&[BATCH, WIDTH], source], build, |attention, t, x| {
                vec![attention.forward(x[0], attention.keys(x[1]), x[1], Some(source_padding(t))).context]
            }),
        );
    }

    let plain = TransformerConfig::new(WIDTH, HEADS).feed_forward(16).dropout(0.0);
    for (suffix, config) in [("", plain), (" gelu norm first", plain.gelu(true).norm_first(true))] {
        let name = format!("encoder layer{suffix}");
        add(
            &name,
            check(
                cases,
                &name,
                &[source],
                |p: ParamPath<'_, F>| TransformerEncoderLayer::new(p, config),
                |m, t, x| vec![m.forward(x[0], &AttentionMask::padding(Some(source_padding(t))))],
            ),
        );
        let name = format!("decoder layer{suffix}");
        let build = |p: ParamPath<'_, F>| TransformerDecoderLayer::new(p, config);
        add(
            &name,
            check(cases, &name, &[target, source], build, |m, t, x| {
                let across = AttentionMask::padding(Some(source_padding(t)));
                vec![m.forward(x[0], x[1], &AttentionMask::causal(None), &across)]
            }),
        );
    }
    let build = |p: ParamPath<'_, F>| TransformerEncoder::new(p, plain, 2, false);
    add(
        "encoder",
        check(cases, "encoder", &[source], build, |m, _, x| vec![m.forward(x[0], &AttentionMask::default())]),
    );
    let build = |p: ParamPath<'_, F>| TransformerDecoder::new(p, plain, 2, false);
    add(
        "decoder",
        check(cases, "decoder", &[target, source], build, |m, _, x| {
            vec![m.forward(x[0], x[1], &AttentionMask::causal(None), &AttentionMask::default())]
        }),
    );
    for (name, norm_first) in [("transformer", false), ("transformer norm first", true)] {
        let build = |p: ParamPath<'_, F>| Transformer::new(p, plain.norm_first(norm_first), 2, 2);
        add(
            name,
            check(cases, name, &[source, target], build, |m, t, x| {
                let target = Some(padding(t, TARGET, [5, 3, 1]));
                vec![m.forward(x[0], x[1], &PaddingMasks { source: Some(source_padding(t)), target })]
            }),
        );
    }
    all
}

#[test]
fn layers_for_sequences_agree_with_pytorch() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/sequences.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = &file["cases"];
    let mut wrong = Vec::new();
    for (precision, limit, all) in [("f64", 1e-10, compare::<f64>(cases)), ("f32", 1e-5, compare::<f32>(cases))] {
        assert_eq!(all.len(), cases.as_object().unwrap().len(), "cases of the file");
        for (name, Comparison { largest, what }) in all {
            println!("{precision} {name}: {largest:.1e}");
            if largest.is_nan() || largest > limit {
                wrong.push(format!("{name} in {precision}: {largest:e} from PyTorch, {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
