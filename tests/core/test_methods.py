"""The contract of every method, checked for each that is registered."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ssl_core.encoders import make_encoder
from ssl_core.knobs import Knob, knobs_of
from ssl_core.methods import METHODS, Method, Outcome

SLUGS = tuple(METHODS)
SMALL: dict[str, Any] = {"hidden_dim": 32, "output_dim": 16}
WITH_QUEUE = [s for s in SLUGS if "queue_length" in knobs_of(METHODS[s].Config)]
WITH_EMA = [s for s in SLUGS if "ema_decay" in knobs_of(METHODS[s].Config)]
WITH_PREDICTOR = [s for s in SLUGS if "predictor" in knobs_of(METHODS[s].Config)]
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def make(slug: str, seed: int = 0, **switches: Any) -> Method:
    """A method with the tiny encoder, and narrow heads by default."""
    torch.manual_seed(seed)
    if slug in WITH_QUEUE:
        switches = {"queue_length": 32} | switches
    kind = METHODS[slug]
    return kind(make_encoder("tiny"), kind.Config(**(SMALL | switches)))


def views(n: int = 12, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Two related views ``[n, 3, 16, 16]`` in [0, 1]."""
    g = torch.Generator().manual_seed(seed)
    a = torch.rand(n, 3, 16, 16, generator=g)
    b = (a + 0.2 * torch.randn(a.shape, generator=g)).clamp(0, 1)
    return a, b


def snapshot(method: nn.Module) -> dict[str, Tensor]:
    """The state of a method without its batch-norm statistics."""
    return {
        name: value.clone()
        for name, value in method.state_dict().items()
        if name.rpartition(".")[2] not in STATISTICS
    }


def same(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, after[name]) for name, value in before.items())


def test_the_four_taught_methods_come_first() -> None:
    assert SLUGS[:4] == ("simclr", "moco", "byol", "simsiam")
    assert {"dcl", "barlow_twins", "vicreg"} <= set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_method_has_a_description(slug: str) -> None:
    method = METHODS[slug]
    assert method.slug == slug
    assert method.label
    assert "arXiv" in method.paper
    assert method.__doc__
    assert method.forward.__doc__


@pytest.mark.parametrize("slug", SLUGS)
def test_forward_changes_nothing(slug: str) -> None:
    method, batch = make(slug), views()
    before = snapshot(method)
    first = method(*batch)
    first.loss.backward()
    assert same(before, snapshot(method))
    # Not only the stored state: a second look at the same batch sees the same thing.
    second = method(*batch)
    assert torch.equal(first.loss, second.loss)
    assert torch.equal(first.z_a, second.z_a)


@pytest.mark.parametrize("slug", SLUGS)
def test_forward_draws_no_random_numbers_and_keeps_its_input(slug: str) -> None:
    method, (a, b) = make(slug), views()
    kept, state = (a.clone(), b.clone()), torch.get_rng_state()
    method(a, b)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(a, kept[0])
    assert torch.equal(b, kept[1])


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("head", ["mlp", "linear", "none"])
def test_outcome_is_a_scalar_and_two_projections(slug: str, head: str) -> None:
    method = make(slug, projection_head=head)
    outcome = method(*views(5))
    width = method.encoder.dim if head == "none" else SMALL["output_dim"]
    assert outcome.loss.shape == ()
    assert outcome.loss.isfinite()
    assert outcome.z_a.shape == outcome.z_b.shape == (5, width)
    assert method.projection_dim == width


@pytest.mark.parametrize("slug", SLUGS)
def test_rows_of_the_two_views_pair_up(slug: str) -> None:
    """Broken pairs must raise the loss, else it compares the wrong rows."""
    # An untrained predictor turns its input at random, so agreement shows without it.
    switches = {"predictor": "none"} if slug in WITH_PREDICTOR else {}
    method, (a, b) = make(slug, **switches), views()
    aligned = method(a, b).loss.item()
    broken = method(a, b.roll(1, 0)).loss.item()
    assert broken > aligned


@pytest.mark.parametrize("slug", SLUGS)
def test_one_small_step_on_the_same_batch_lowers_the_loss(slug: str) -> None:
    method, batch = make(slug), views()
    before = method(*batch).loss
    before.backward()
    trained = [p for p in method.parameters() if p.grad is not None]
    length = torch.stack([p.grad.norm() for p in trained]).norm()
    assert length > 0
    with torch.no_grad():
        for p in trained:
            p -= 0.02 * p.grad / length
    assert method(*batch).loss < before


@pytest.mark.parametrize("slug", SLUGS)
def test_the_gradient_reaches_the_whole_encoder(slug: str) -> None:
    method = make(slug)
    method(*views()).loss.backward()
    for name, p in method.encoder.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert p.grad.abs().sum() > 0, name


@pytest.mark.parametrize("slug", SLUGS)
def test_the_smallest_batch_runs(slug: str) -> None:
    outcome = make(slug)(*views(2))
    outcome.loss.backward()
    assert outcome.loss.isfinite()


@pytest.mark.parametrize("slug", SLUGS)
def test_after_step_changes_no_trained_parameter(slug: str) -> None:
    method = make(slug)
    outcome = method(*views())
    before = {n: p.clone() for n, p in method.named_parameters() if p.requires_grad}
    method.after_step(outcome, 0.5)
    after = dict(method.named_parameters())
    assert before
    assert all(torch.equal(p, after[n]) for n, p in before.items())


# ---- Frozen targets.


def target_of(method: Any) -> nn.Module:
    target: nn.Module = method.key_encoder if method.slug == "moco" else method.target
    return target


@pytest.mark.parametrize("slug", WITH_EMA)
def test_frozen_targets_get_no_gradient(slug: str) -> None:
    method = make(slug)
    outcome = method(*views())
    outcome.loss.backward()
    frozen = list(target_of(method).parameters())
    assert frozen
    assert all(p.grad is None and not p.requires_grad for p in frozen)
    assert outcome.keys is None or not outcome.keys.requires_grad


@pytest.mark.parametrize("slug", WITH_EMA)
def test_the_target_starts_as_the_online_network(slug: str) -> None:
    method = make(slug)
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    target = list(target_of(method).parameters())
    assert len(online) == len(target)
    for o, t in zip(online, target, strict=True):
        assert torch.equal(o, t)
        assert o.data_ptr() != t.data_ptr()


@pytest.mark.parametrize("slug", WITH_EMA)
@pytest.mark.parametrize("decay", [0.0, 0.3, 0.99, 1.0])
def test_after_step_updates_the_moving_average_by_its_formula(
    slug: str, decay: float
) -> None:
    method = make(slug, ema_decay=decay)
    outcome = method(*views())
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    with torch.no_grad():
        for p in online:
            p += torch.randn(
                p.shape, generator=torch.Generator().manual_seed(p.numel())
            )
    before = [p.clone() for p in target_of(method).parameters()]
    method.after_step(outcome, 0.5)
    after = list(target_of(method).parameters())
    for old, new, o in zip(before, after, online, strict=True):
        assert torch.allclose(new, decay * old + (1 - decay) * o, atol=1e-6)
        if decay == 1:
            assert torch.equal(new, old)
        if decay == 0:
            assert torch.equal(new, o)


@pytest.mark.parametrize("slug", WITH_PREDICTOR)
def test_a_fixed_predictor_is_never_trained(slug: str) -> None:
    method = make(slug, predictor="fixed")
    method(*views()).loss.backward()
    parameters = list(method.predictor.parameters())
    assert parameters
    assert all(p.grad is None and not p.requires_grad for p in parameters)
    trained = make(slug, predictor="trained")
    trained(*views()).loss.backward()
    assert all(p.grad is not None for p in trained.predictor.parameters())
    assert not list(make(slug, predictor="none").predictor.parameters())


@pytest.mark.parametrize("slug", WITH_PREDICTOR)
def test_stop_gradient_off_lets_the_gradient_through(slug: str) -> None:
    """Without a predictor both branches are one function of the same two vectors, so
    the gradient through both is exactly twice the gradient through one."""
    gradients = {}
    for stop in (True, False):
        method = make(slug, predictor="none", stop_gradient=stop)
        method(*views()).loss.backward()
        gradients[stop] = [p.grad for p in method.encoder.parameters()]
    for one, both in zip(gradients[True], gradients[False], strict=True):
        assert one is not None
        assert one.abs().max() > 0
        assert torch.allclose(both, 2 * one, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("slug", WITH_PREDICTOR)
@pytest.mark.parametrize("predictor", ["trained", "fixed", "none"])
def test_stop_gradient_changes_the_gradient_not_the_loss(
    slug: str, predictor: str
) -> None:
    losses, gradients = [], []
    for stop in (True, False):
        method = make(slug, predictor=predictor, stop_gradient=stop)
        loss = method(*views()).loss
        loss.backward()
        losses.append(loss.item())
        gradients.append(next(method.encoder.parameters()).grad)
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    assert not torch.allclose(*gradients, rtol=1e-3, atol=1e-7)


# ---- MoCo's queue.


def push(method: Method, keys: Tensor) -> None:
    loss = torch.zeros(())
    method.after_step(Outcome(loss, keys, keys, keys=keys), 0.0)


def held(method: Any, keys: Tensor) -> int:
    """How many of these keys are in the queue."""
    return int(((keys @ method.queue.T).amax(1) > 0.99999).sum())


def unit_rows(count: int, seed: int) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(count, SMALL["output_dim"], generator=g)
    return z / z.norm(dim=1, keepdim=True)


def test_the_queue_starts_as_distinct_unit_vectors() -> None:
    queue = make("moco").queue
    assert queue.shape == (32, SMALL["output_dim"])
    assert torch.allclose(queue.norm(dim=1), torch.ones(32), atol=1e-6)
    assert torch.pdist(queue).min() > 0.1


@pytest.mark.parametrize("batch", [1, 8, 12, 31, 32, 33, 100])
def test_the_queue_is_first_in_first_out_and_keeps_its_length(batch: int) -> None:
    method = make("moco")
    pushed: list[Tensor] = []
    for step in range(2 + 2 * 32 // batch):
        keys = unit_rows(batch, step)
        push(method, keys)
        pushed.append(keys)
        assert method.queue.shape == (32, SMALL["output_dim"])
        # Newest first: a batch is there in full, in part where room ends, or not.
        room = 32
        for recent in reversed(pushed):
            assert held(method, recent) == min(room, batch)
            room -= min(room, batch)


def test_keys_enter_the_queue_at_unit_length() -> None:
    method = make("moco")
    keys = unit_rows(8, 1)
    push(method, 7 * keys)
    assert held(method, keys) == 8


def test_a_real_step_queues_the_keys_of_view_b() -> None:
    method, (a, b) = make("moco"), views(8)
    with torch.no_grad():
        keys = method.key_encoder(b)
    outcome = method(a, b)
    method.after_step(outcome, 0.0)
    expected = keys / keys.norm(dim=1, keepdim=True)
    nearest = (method.queue @ expected.T).amax(0)
    assert torch.allclose(nearest, torch.ones(8), atol=1e-5)


# ---- Negatives and reference values.


@pytest.mark.parametrize("n", [2, 64, 4096])
def test_negatives_and_reference_values_follow_their_formulas(n: int) -> None:
    queue, width, weight = 48, SMALL["output_dim"], 10.0
    expected = {
        "simclr": (2 * (n - 1), math.log(2 * n - 1)),
        "dcl": (2 * (n - 1), math.log(2 * (n - 1))),
        "moco": (queue, math.log(queue + 1)),
        "byol": (0, 0.0),
        "simsiam": (0, -1.0),
        "barlow_twins": (0, float(width)),
        "vicreg": (0, 0.99 * weight),
    }
    switches = {"moco": {"queue_length": queue}, "vicreg": {"variance_weight": weight}}
    for slug, (negatives, value) in expected.items():
        method = make(slug, **switches.get(slug, {}))
        assert method.negatives(n) == negatives, slug
        assert method.reference(n).value == pytest.approx(value), slug


@pytest.mark.parametrize("slug", SLUGS)
def test_every_reference_is_a_number_with_a_meaning(slug: str) -> None:
    reference = make(slug).reference(64)
    assert math.isfinite(reference.value)
    assert reference.meaning
    assert make(slug).negatives(64) >= 0


@pytest.mark.parametrize("slug", ["simclr", "dcl", "barlow_twins", "vicreg"])
def test_a_batch_of_one_picture_scores_the_reference(slug: str) -> None:
    method = make(slug)
    a = views(1)[0].expand(10, -1, -1, -1)
    loss = method(a, a).loss.item()
    assert loss == pytest.approx(method.reference(10).value, rel=1e-3)


# ---- Switches.


def settings(knob: Knob) -> list[Any]:
    """All values that are not the default: other choices, and the ends of ranges."""
    if knob.choices is not None:
        return [c for c in knob.choices if c != knob.default]
    if isinstance(knob.default, bool):
        return [not knob.default]
    return [0.01 if knob.above else knob.low, knob.high]


SWITCHES = [
    (slug, name, value)
    for slug in SLUGS
    for name, knob in knobs_of(METHODS[slug].Config).items()
    for value in settings(knob)
]


@pytest.mark.parametrize(("slug", "name", "value"), SWITCHES)
def test_every_value_of_every_option_runs(slug: str, name: str, value: Any) -> None:
    method = make(slug, **{name: value})
    outcome = method(*views(4))
    outcome.loss.backward()
    method.after_step(outcome, 0.0)
    assert outcome.loss.isfinite()
    assert all(p.grad.isfinite().all() for p in method.encoder.parameters())


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("head", ["mlp", "linear", "none"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_heads_and_their_normalisation_combine(slug: str, head: str, norm: str) -> None:
    method = make(slug, projection_head=head, head_norm=norm)
    method(*views(4)).loss.backward()
    kinds = {type(m) for m in method.projector.modules()}
    named = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
    assert not kinds & {kind for name, kind in named.items() if name != norm}
    if head == "mlp" and norm != "none":
        assert named[norm] in kinds


@pytest.mark.parametrize("slug", SLUGS)
def test_l2_normalisation_is_a_switch_that_changes_the_loss(slug: str) -> None:
    values = {
        switch: make(slug, l2_normalize=switch)(*views()).loss.item()
        for switch in (True, False)
    }
    assert values[True] != pytest.approx(values[False], rel=1e-4)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_value_out_of_range_is_refused_by_name(slug: str) -> None:
    for name, knob in knobs_of(METHODS[slug].Config).items():
        if knob.choices is not None:
            bad: Any = "sideways"
        elif isinstance(knob.default, bool):
            bad = "perhaps"
        else:
            bad = -1
        with pytest.raises(ValueError, match=f"^{name} is .*allowed"):
            METHODS[slug].Config(**{name: bad})


@pytest.mark.parametrize("slug", SLUGS)
def test_every_option_has_a_help_text(slug: str) -> None:
    for name, knob in knobs_of(METHODS[slug].Config).items():
        assert knob.label, name
        assert knob.help.endswith("."), name
        assert knob.check(name, knob.default) == knob.default


# ---- SupCon: labels decide who belongs together.


def test_only_supcon_reads_labels() -> None:
    assert [s for s in SLUGS if METHODS[s].uses_labels] == ["supcon"]
    a, b = views()
    labels = torch.arange(len(a)) % 3
    for slug in SLUGS:
        method = make(slug).eval()
        plain = method(a, b).loss.item()
        labelled = method.compare(a, b, labels).loss.item()
        assert (labelled == plain) is (slug != "supcon"), slug


def test_supcon_without_labels_is_simclr() -> None:
    a, b = views()
    ours, simclr = make("supcon").eval(), make("simclr").eval()
    assert ours(a, b).loss.item() == pytest.approx(simclr(a, b).loss.item(), abs=1e-6)
    every = torch.arange(len(a))
    assert ours.compare(a, b, every).loss.item() == pytest.approx(
        simclr(a, b).loss.item(), abs=1e-6
    )


# ---- MoCo without a queue: the batch's other keys.


def test_without_a_queue_the_negatives_are_the_other_keys_of_the_batch() -> None:
    import torch.nn.functional as F

    method = make("moco", queue_length=0).eval()
    a, b = views()
    outcome = method(a, b)
    query = F.normalize(outcome.z_a, dim=1)
    key = F.normalize(outcome.z_b, dim=1)
    losses = []
    for i in range(len(a)):
        logits = torch.stack([query[i] @ k for k in key]) / method.config.temperature
        losses.append(logits.logsumexp(0) - logits[i])
    assert outcome.loss.item() == pytest.approx(
        torch.stack(losses).mean().item(), abs=1e-5
    )
    assert method.negatives(12) == 11
    assert method.reference(12).value == pytest.approx(math.log(12))
    method.after_step(outcome, 0.0)
    assert method.queue.shape == (0, SMALL["output_dim"])


# ---- Encoders that use no other image of the batch.


@pytest.mark.parametrize("slug", ["tiny_group_norm", "tiny_no_norm"])
def test_an_encoding_does_not_depend_on_the_rest_of_the_batch(slug: str) -> None:
    torch.manual_seed(0)
    encoder = make_encoder(slug).train()
    a, b = views()
    alone = encoder(a[:1])
    assert torch.allclose(encoder(torch.cat([a[:1], b]))[:1], alone, atol=1e-5)
    with_batch_norm = make_encoder("tiny").train()
    different = with_batch_norm(torch.cat([a[:1], b]))[:1] - with_batch_norm(a[:4])[:1]
    assert different.abs().max() > 1e-3


def test_standardised_filters_have_mean_zero_and_equal_length() -> None:
    from ssl_core.encoders import StandardisedConv2d

    conv = StandardisedConv2d(3, 5, 3, 1, 1, bias=False)
    with torch.no_grad():
        conv.weight.mul_(7).add_(2)  # neither scale nor offset of a filter matters
        flat = conv(torch.ones(1, 3, 8, 8))
    assert flat[..., 1:-1, 1:-1].abs().max() < 1e-4
    spikes = torch.zeros(3, 3, 3, 3)  # one lit pixel, in each input channel in turn
    spikes[torch.arange(3), torch.arange(3), 1, 1] = 1.0
    with torch.no_grad():
        seen = conv(spikes)
    energy = seen.square().sum((0, 2, 3))  # of every filter
    assert torch.allclose(energy, torch.ones(5), atol=1e-2)


def test_gradients_come_back_in_the_memory_layout_of_the_activations() -> None:
    """In the other one elementwise operations, ReLU's above all, take many times as long."""
    encoder, seen = make_encoder("tiny").train(), []

    def watch(module: nn.Module, given: Any, places: Tensor) -> None:
        places.register_hook(seen.append)

    encoder.layers.register_forward_hook(watch)
    views = torch.rand(8, 3, 32, 32).to(memory_format=torch.channels_last)
    encoder(views).sum().backward()
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
