package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One step of recurrent networks; rows of the weights belong to the gates, one block of rows each. */
final class RecurrentCells {
    private static final String WEIGHTS = "Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None)";
    private static final String SAMPLE = "float64[2, 3], float64[2, 2], float64[%1$d, 3], float64[%1$d, 2]";
    private static final String BIASED = SAMPLE + ", float64[%1$d], float64[%1$d]";

    private RecurrentCells() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("lstm_cell(Tensor input, Tensor[] hx, " + WEIGHTS + " -> (Tensor h, Tensor c)")
                        .doc(
                                "c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'), with gates i, f, g, o of W·x + b + U·h + d")
                        .composite(n -> {
                            List<Expr> state = n.list("hx");
                            Require.that(state.size() == 2, "hx", "must be hidden state and cell state");
                            return lstm(n.arg("input"), state.get(0), state.get(1), weights(n));
                        })
                        .complex()
                        .samples(
                                "complex128[1, 2], [complex128[1, 1], complex128[1, 1]], complex128[4, 2],"
                                        + " complex128[4, 1]",
                                "float64[2, 3], [float64[2, 2], float64[2, 2]], float64[8, 3], float64[8, 2]",
                                "float64[2, 3], [float64[2, 1], float64[2, 1]], float64[4, 3], float64[4, 1],"
                                        + " float64[4], float64[4]"),
                operator("gru_cell(Tensor input, Tensor hx, " + WEIGHTS + " -> Tensor")
                        .doc(
                                "h' = z h + (1 − z) tanh(W·x + b + r (U·h + d)), with gates r and z = σ(W·x + b + U·h + d)")
                        .composite(n -> List.of(gru(n.arg("input"), n.arg("hx"), weights(n))))
                        .complex()
                        .samples(
                                SAMPLE.formatted(6),
                                BIASED.formatted(6),
                                "complex128[1, 2], complex128[1, 1], complex128[3, 2], complex128[3, 1]"),
                plain("tanh")
                        .complex()
                        .samples("complex128[1, 2], complex128[1, 1], complex128[1, 2], complex128[1, 1]"),
                plain("relu"));
    }

    private static Declaration plain(String activation) {
        return operator("rnn_" + activation + "_cell(Tensor input, Tensor hx, " + WEIGHTS + " -> Tensor")
                .doc("h' = " + activation + "(W·x + b + U·h + d)")
                .composite(n -> List.of(plain(activation, n.arg("input"), n.arg("hx"), weights(n))))
                .samples(SAMPLE.formatted(2), BIASED.formatted(2));
    }

    /** Weights and biases of one cell. */
    record Weights(
            Expr ofInput,
            Expr ofState,
            @Nullable Expr inputBias,
            @Nullable Expr stateBias) {
        Expr applyToInput(Expr input) {
            return linear(input, ofInput, inputBias);
        }

        Expr applyToState(Expr state) {
            return linear(state, ofState, stateBias);
        }

        private static Expr linear(Expr x, Expr weight, @Nullable Expr bias) {
            return x.call("linear", weight, bias == null ? Argument.NONE : bias);
        }
    }

    private static Weights weights(Args n) {
        return new Weights(
                n.arg("w_ih"),
                n.arg("w_hh"),
                n.has("b_ih") ? n.arg("b_ih") : null,
                n.has("b_hh") ? n.arg("b_hh") : null);
    }

    /** Hidden state and cell state after a step. */
    static List<Expr> lstm(Expr input, Expr hidden, Expr cell, Weights weights) {
        Expr all = weights.applyToState(hidden).add(weights.applyToInput(input));
        List<Expr> gates = gates(all, cell, 4);
        Expr kept = gates.get(1).sigmoid().mul(cell);
        Expr next = kept.add(gates.get(0).sigmoid().mul(gates.get(2).tanh()));
        return List.of(gates.get(3).sigmoid().mul(next.tanh()), next);
    }

    static Expr gru(Expr input, Expr hidden, Weights weights) {
        List<Expr> ofInput = gates(weights.applyToInput(input), hidden, 3);
        List<Expr> ofState = gates(weights.applyToState(hidden), hidden, 3);
        Expr reset = ofState.get(0).add(ofInput.get(0)).sigmoid();
        Expr update = ofState.get(1).add(ofInput.get(1)).sigmoid();
        Expr candidate = ofInput.get(2).add(ofState.get(2).mul(reset)).tanh();
        return hidden.sub(candidate).mul(update).add(candidate);
    }

    static Expr plain(String activation, Expr input, Expr hidden, Weights weights) {
        return weights.applyToState(hidden).add(weights.applyToInput(input)).call(activation);
    }

    private static List<Expr> gates(Expr all, Expr hidden, int count) {
        if (all.rank() == 0 || hidden.rank() == 0) {
            throw Require.shape("hx", "must have a dimension of hidden units, but has shape " + hidden.shape());
        }
        if (all.size(-1) != count * hidden.size(-1)) {
            throw Require.shape(
                    "w_ih",
                    "must have " + count + " rows for each of the " + hidden.size(-1) + " hidden units, but has "
                            + all.size(-1));
        }
        return all.calls("unsafe_chunk", count, all.rank() - 1);
    }
}
