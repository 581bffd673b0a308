//! Weights that fit, and those that do not.

use super::*;
use crate::Linear;

fn model(inputs: usize, seed: u64) -> Params<f32> {
    let mut params = Params::new(seed);
    Linear::new(params.root().at("fc"), inputs, 2);
    params
}

#[test]
fn what_does_not_fit_is_listed_and_nothing_is_changed() {
    let mut other = model(4, 1);
    other.root().param("scale", [1], 1.0);
    let bytes = to_bytes(&other);
    let mut params = model(3, 2);
    params.root().param("shift", [1], 1.0);
    let before = to_bytes(&params);
    match from_bytes(&mut params, &bytes) {
        Err(WeightsError::Other { missing, extra, reshaped }) => {
            assert_eq!((missing, extra), (vec!["shift".to_string()], vec!["scale".to_string()]));
            assert_eq!(reshaped, ["fc.weight: expected F32 [2, 3], found F32 [2, 4]"]);
        }
        result => panic!("{result:?}"),
    }
    assert_eq!(to_bytes(&params), before);
    for len in 0..before.len() {
        assert!(from_bytes(&mut params, &before[..len]).is_err(), "cut to {len} bytes");
    }
    assert!(matches!(load(&mut params, "nowhere"), Err(WeightsError::Read { .. })));
}

#[test]
fn words_travel_with_the_weights() {
    let bytes = to_bytes_about(&model(3, 1), "flatten; linear 2");
    assert_eq!(about(&bytes).unwrap().unwrap(), "flatten; linear 2");
    assert!(about(&to_bytes(&model(3, 1))).unwrap().is_none() && about(b"nothing").is_err());
    from_bytes(&mut model(3, 2), &bytes).unwrap();
}
