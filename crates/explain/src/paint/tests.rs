//! Losses by their definitions, and pictures that come closer to what is wished for.

use super::*;
use tape::{Params, Tape, Tensor, gradcheck};

#[test]
fn losses_are_their_formulas() {
    let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [0.5; 8]);
    let (a, b) = (Tensor::from_slice([1, 2, 2, 2], &a), Tensor::from_slice([1, 2, 2, 2], &b));
    Tape::<f64>::new().run(&Params::new(0), |t| {
        let (x, y) = (t.input(&a), t.input(&b));
        let square: f64 = a.as_slice().iter().map(|x| (x - 0.5) * (x - 0.5)).sum();
        assert_eq!(content_loss(x, y, 2.0).item(), 2.0 * square);
        assert_eq!(*gram_matrix(x).value(), [30.0 / 8.0, 70.0 / 8.0, 70.0 / 8.0, 174.0 / 8.0]);
        let wished = gram_matrix(y);
        let differences = [30.0, 70.0, 70.0, 174.0].map(|g: f64| (g - 1.0) / 8.0);
        let expected: f64 = differences.iter().map(|d| d * d).sum();
        assert!((style_loss(x, wished, 3.0).item() - 3.0 * expected).abs() < 1e-12);
        // Rows differ by 2, columns by 1, in each channel twice.
        assert_eq!(total_variation(x, 0.5).item(), 0.5 * (4.0 * 4.0 + 4.0));
    });
    gradcheck::shapes(|x| total_variation(x, 0.7), -1.0..1.0, &[&[1, 2, 3, 4], &[2, 1, 2, 2]]);
    gradcheck::shapes(gram_matrix, -1.0..1.0, &[&[1, 2, 3, 4]]);
}

#[test]
fn features_are_inverted() {
    let content = Tensor::from_fn([1, 2, 4, 4], |i| (i * 5 % 7) as f64 / 7.0);
    let inversion = StyleTransfer { rates: (0.1, 150, 0.01), ..StyleTransfer::inversion(0, 1.0, 0.0, 3) };
    let mut losses = Vec::new();
    // The features are the pixels.
    let painted = inversion.paint(
        &mut Tape::new(),
        &Params::new(0),
        &content,
        &content,
        |x, _, see| see(x),
        |loss, _| losses.push(loss),
    );
    assert!(losses.len() == 200 && losses[0].content > 1.0 && losses[199].content < 1e-2, "{:?}", losses[199]);
    assert!(painted.as_slice().iter().zip(content.as_slice()).all(|(a, b)| (a - b).abs() < 0.1));
}
