package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.util.List;
import java.util.Map;

/**
 * Jacobians by their entries. The pattern is read off the graph ({@link Sparsity}); columns, or rows where those need
 * fewer groups, that share no entry's place are computed together ({@link Colouring}).
 */
final class SparseDerivatives {
    private SparseDerivatives() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("sparse_jacobian(Tensor output, Tensor input) -> (Tensor indices, Tensor values)")
                        .doc("The entries of the Jacobian of output for input, both in row-major order, that may not be"
                                + " zero: indices [2, n] of rows and columns, in order, and values [n]. By as many"
                                + " products as the pattern needs colours")
                        .composite(n -> entries(n, n.arg("output"), n.arg("input")))
                        .unsampled("its results are entries of a derivative"),
                operator("sparse_hessian(Tensor output, Tensor input) -> (Tensor indices, Tensor values)")
                        .doc("The same of the Hessian of an output of one element")
                        .composite(n -> {
                            Require.that(
                                    n.shape("output").elements() == 1,
                                    "output",
                                    "must have one element, but has shape " + n.shape("output"));
                            Require.floating(n.call(), "output", "input");
                            Expr gradient = n.call(Transforms.GRAD, List.of(n.arg("output")), List.of(n.arg("input")));
                            return entries(n, gradient, n.arg("input"));
                        })
                        .unsampled("its results are entries of a derivative"));
    }

    private static List<Expr> entries(Args n, Expr output, Expr input) {
        Require.floating(n.call(), "output", "input");
        Graph graph = n.builder().ordinary(List.of(output.value(), input.value()));
        int[][] rows = Sparsity.of(
                graph, graph.outputs().get(0).value(), graph.outputs().get(1).value());
        return new Entries(n, output, input, rows).expressions();
    }

    /** The entries of a pattern. */
    private static final class Entries {
        private final Args n;
        private final Expr output;
        private final Expr input;
        private final int[][] pattern;
        private final double[] rows;
        private final double[] columns;

        Entries(Args n, Expr output, Expr input, int[][] pattern) {
            this.n = n;
            this.output = output;
            this.input = input;
            this.pattern = pattern;
            int count = 0;
            for (int[] row : pattern) {
                count += row.length;
            }
            rows = new double[count];
            columns = new double[count];
            int next = 0;
            for (int row = 0; row < pattern.length; row++) {
                for (int column : pattern[row]) {
                    rows[next] = row;
                    columns[next++] = column;
                }
            }
        }

        List<Expr> expressions() {
            int count = rows.length;
            double[] both = new double[2 * count];
            System.arraycopy(rows, 0, both, 0, count);
            System.arraycopy(columns, 0, both, count, count);
            Expr indices = integers(Shape.of(2, count), both);
            TensorType values = input.type().withShape(Shape.of(count));
            return List.of(indices, count == 0 ? n.full(values, 0) : values());
        }

        private Expr values() {
            int width = (int) input.shape().elements();
            Colouring ofColumns = Colouring.ofColumns(pattern, width);
            Colouring ofRows = Colouring.ofColumns(Colouring.transposed(pattern, width), pattern.length);
            return ofColumns.count() < ofRows.count() ? byTangents(ofColumns) : byCotangents(ofRows);
        }

        private Expr byTangents(Colouring colouring) {
            Expr tangents = sums(colouring, input.type());
            Expr products =
                    batched(Transforms.JVP, "is_tangents_batched", List.of(output), List.of(input), List.of(tangents));
            return entriesOf(products, colouring, columns, rows).to(input.dtype());
        }

        private Expr byCotangents(Colouring colouring) {
            Expr cotangents = sums(colouring, output.type());
            Expr products =
                    batched(Transforms.GRAD, "is_grads_batched", List.of(output), List.of(input), List.of(cotangents));
            return entriesOf(products, colouring, rows, columns);
        }

        private Expr batched(String op, String flag, Object... lists) {
            List<Argument> args = List.of(Expr.argument(lists[0]), Expr.argument(lists[1]), Expr.argument(lists[2]));
            List<Value> results = n.builder().call(op, args, Map.of(flag, new Argument.Bool(true)));
            return Expr.of(n.builder(), results.getFirst());
        }

        /** For each colour the sum of the unit vectors that have it. */
        private Expr sums(Colouring colouring, TensorType type) {
            double[] colours = new double[colouring.columns()];
            for (int i = 0; i < colours.length; i++) {
                colours[i] = colouring.colour(i);
            }
            Expr all = n.call("arange", colouring.count()).reshape(colouring.count(), 1);
            return all.eq(integers(Shape.of(colours.length), colours))
                    .to(type.dtype())
                    .reshape(type.shape().insertDim(0, colouring.count()));
        }

        /** Each entry from the product that has its colour. */
        private Expr entriesOf(Expr products, Colouring colouring, double[] coloured, double[] others) {
            double[] colours = new double[coloured.length];
            for (int i = 0; i < colours.length; i++) {
                colours[i] = colouring.colour((int) coloured[i]);
            }
            Shape entries = Shape.of(colours.length);
            long width = products.shape().elements() / colouring.count();
            return products.reshape(colouring.count(), width)
                    .call("index", List.of(integers(entries, colours), integers(entries, others)));
        }

        private Expr integers(Shape shape, double[] numbers) {
            return Expr.of(n.builder(), n.builder().constant(Tensor.of(DType.INT64, shape, numbers)));
        }
    }
}
