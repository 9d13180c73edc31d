package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.op.RecurrentCells.Weights;
import java.util.ArrayList;
import java.util.List;

/** Recurrent networks over whole sequences: layers and directions of cells, step after step. */
final class RecurrentLayers {
    private static final String PARAMETERS =
            "Tensor[] params, bool has_biases, int num_layers, float dropout, bool train,"
                    + " bool bidirectional, bool batch_first)";
    private static final String ONE_LAYER = ", True, 1, 0.0, False, False, False";

    private final Args n;
    private final List<Expr> parameters;
    private final boolean biases;
    private final int directions;
    private final boolean projected;

    private RecurrentLayers(Args n, boolean projected) {
        this.n = n;
        this.parameters = n.list("params");
        this.biases = n.bool("has_biases");
        this.directions = n.bool("bidirectional") ? 2 : 1;
        this.projected = projected;
        long expected = n.integer("num_layers") * directions * perCell();
        Require.that(
                n.integer("num_layers") > 0 && parameters.size() == expected,
                "params",
                "must be " + expected + " tensors, but are " + parameters.size());
    }

    /** A step of one kind of cell: the states after it, of which the first is the output. */
    @FunctionalInterface
    private interface Cell {
        List<Expr> step(Expr input, List<Expr> states, Weights weights);
    }

    static List<Declaration> declarations() {
        return List.of(
                operator("lstm.input(Tensor input, Tensor[] hx, " + PARAMETERS
                                + " -> (Tensor output, Tensor h, Tensor c)")
                        .doc("lstm_cell along a sequence; states have layers and directions in their first dimension")
                        .composite(n -> {
                            List<Expr> states = n.list("hx");
                            Require.that(states.size() == 2, "hx", "must be hidden states and cell states");
                            states.forEach(RecurrentLayers::requireUnits);
                            return new RecurrentLayers(
                                            n,
                                            states.get(0).size(-1)
                                                    != states.get(1).size(-1))
                                    .run(states, RecurrentLayers::lstm);
                        })
                        .complex()
                        .samples(
                                "complex128[2, 1, 1], [complex128[1, 1, 1], complex128[1, 1, 1]],"
                                        + " [complex128[4, 1], complex128[4, 1]], False, 1, 0.0, False, False, False",
                                "float64[3, 2, 2], [float64[1, 2, 2], float64[1, 2, 2]],"
                                        + " [float64[8, 2], float64[8, 2], float64[8], float64[8]]" + ONE_LAYER,
                                "float64[1, 2, 2], [float64[1, 1, 1], float64[1, 1, 2]],"
                                        + " [float64[8, 2], float64[8, 1], float64[1, 2]],"
                                        + " False, 1, 0.0, False, False, True"),
                layers("gru", RecurrentCells::gru)
                        .complex()
                        .samples(
                                "complex128[2, 1, 1], complex128[1, 1, 1], [complex128[3, 1], complex128[3, 1]], False, 1,"
                                        + " 0.0, False, False, False",
                                "float64[2, 1, 2], float64[2, 1, 1], [float64[3, 2], float64[3, 1], float64[3, 2],"
                                        + " float64[3, 1]], False, 1, 0.0, False, True, False",
                                "float64[2, 1, 2], float64[2, 1, 2], [float64[6, 2], float64[6, 2], float64[6, 2],"
                                        + " float64[6, 2]], False, 2, 0.0, True, False, False"),
                plain("tanh")
                        .complex()
                        .samples(
                                "complex128[2, 1, 1], complex128[1, 1, 1], [complex128[1, 1], complex128[1, 1]], False, 1,"
                                        + " 0.0, False, False, False"),
                plain("relu"));
    }

    private static Declaration plain(String activation) {
        return layers("rnn_" + activation, (x, h, weights) -> RecurrentCells.plain(activation, x, h, weights))
                .samples("float64[2, 1, 2], float64[1, 1, 2], [float64[2, 2], float64[2, 2], float64[2], float64[2]]"
                        + ONE_LAYER);
    }

    /** A cell with one state. */
    @FunctionalInterface
    private interface PlainCell {
        Expr step(Expr input, Expr state, Weights weights);
    }

    private static Declaration layers(String name, PlainCell cell) {
        return operator(name + ".input(Tensor input, Tensor hx, " + PARAMETERS + " -> (Tensor output, Tensor h)")
                .doc(name + "_cell along a sequence; states have layers and directions in their first dimension")
                .composite(n -> new RecurrentLayers(n, false)
                        .run(
                                List.of(n.arg("hx")),
                                (x, states, weights) -> List.of(cell.step(x, states.getFirst(), weights))));
    }

    private static List<Expr> lstm(Expr input, List<Expr> states, Weights weights) {
        return RecurrentCells.lstm(input, states.get(0), states.get(1), weights);
    }

    private static void requireUnits(Expr state) {
        if (state.rank() == 0) {
            throw Require.shape("hx", "must have a dimension of hidden units, but is a scalar");
        }
    }

    private int perCell() {
        return (biases ? 4 : 2) + (projected ? 1 : 0);
    }

    private List<Expr> run(List<Expr> states, Cell cell) {
        Require.rank(n.call(), "input", 3);
        int layers = (int) n.integer("num_layers");
        for (Expr state : states) {
            if (state.rank() != 3 || state.size(0) != (long) layers * directions) {
                throw Require.shape(
                        "hx",
                        "must have rank 3 with " + layers * directions + " layers and directions, but has shape "
                                + state.shape());
            }
        }
        boolean batchFirst = n.bool("batch_first");
        Expr sequence = batchFirst ? n.arg("input").transpose(0, 1) : n.arg("input");
        Require.that(sequence.size(0) > 0, "input", "has no step");
        List<List<Expr>> last = new ArrayList<>();
        states.forEach(_ -> last.add(new ArrayList<>()));
        for (int layer = 0; layer < layers; layer++) {
            List<Expr> outputs = new ArrayList<>();
            for (int direction = 0; direction < directions; direction++) {
                int index = layer * directions + direction;
                outputs.add(direct(sequence, states, index, direction == 1, cell, last));
            }
            sequence = directions == 1 ? outputs.getFirst() : Expr.cat(outputs, 2);
            if (n.number("dropout") > 0 && n.bool("train") && layer < layers - 1) {
                sequence = sequence.call("dropout", n.raw("dropout"), true);
            }
        }
        List<Expr> results = new ArrayList<>();
        results.add(batchFirst ? sequence.transpose(0, 1) : sequence);
        last.forEach(each -> results.add(Expr.stack(each, 0)));
        return results;
    }

    /** One layer in one direction; the states at its end go to {@code last}. */
    private Expr direct(
            Expr sequence, List<Expr> initial, int index, boolean backwards, Cell cell, List<List<Expr>> last) {
        int first = index * perCell();
        Weights weights = new Weights(
                parameters.get(first),
                parameters.get(first + 1),
                biases ? parameters.get(first + 2) : null,
                biases ? parameters.get(first + 3) : null);
        List<Expr> states =
                initial.stream().map(state -> state.select(0, index)).toList();
        int steps = Math.toIntExact(sequence.size(0));
        List<Expr> outputs = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
            Expr input = sequence.select(0, backwards ? steps - 1 - i : i);
            List<Expr> next = new ArrayList<>(cell.step(input, states, weights));
            if (projected) {
                next.set(0, next.getFirst().call("linear", parameters.get(first + perCell() - 1)));
            }
            states = next;
            outputs.add(backwards ? 0 : i, states.getFirst());
        }
        for (int i = 0; i < last.size(); i++) {
            last.get(i).add(states.get(i));
        }
        return Expr.stack(outputs, 0);
    }
}
