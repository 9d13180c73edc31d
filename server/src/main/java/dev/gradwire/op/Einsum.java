package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Einstein summation. Every operand is brought to the dimensions (output labels, then labels to sum over), missing
 * ones of size 1; then pairs are contracted, by {@code bmm} where something is summed, by {@code mul} where not.
 */
final class Einsum {
    private final EinsumEquation equation;
    private final int outputRank;
    /** By dimension, how many operands are left in which it is more than 1. */
    private final int[] uses;

    private Einsum(EinsumEquation equation) {
        this.equation = equation;
        this.outputRank = equation.outputRank();
        this.uses = new int[equation.rank()];
    }

    static List<Declaration> declarations() {
        return List.of(operator("einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor")
                .doc("sums of products of elements by labels of dimensions, e.g. 'bij,bjk->bik'; … for dimensions"
                        + " that broadcast")
                .composite(n -> {
                    List<Expr> operands = n.list("tensors");
                    Require.that(!operands.isEmpty(), "tensors", "must be at least one");
                    long[] path = n.has("path") ? n.ints("path") : new long[0];
                    return List.of(
                            new Einsum(EinsumEquation.parse(n.text("equation"), operands)).evaluate(operands, path));
                })
                .complex()
                .samples(
                        "\"bij,bjk->bik\", [float64[2, 3, 2], float64[2, 2, 3]]",
                        "\"ii->i\", [float64[3, 3]]",
                        "\"...i,ij,j->...\", [float64[2, 3], float64[3, 4], float64[4]]",
                        "\"ij,jk\", [float64[2, 3], float64[3, 1]], path=[0, 1]",
                        "\"ii->i\", [complex128[3, 3]]"));
    }

    private Expr evaluate(List<Expr> operands, long[] path) {
        List<Expr> aligned = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            aligned.add(align(operands.get(i), equation.operand(i)));
        }
        checkSizes(aligned);
        boolean given = path.length > 0;
        Require.that(
                !given || path.length == 2L * (operands.size() - 1),
                "path",
                "must have two entries for each contraction");
        for (int step = 0; aligned.size() > 1; step++) {
            long a = given ? Math.min(path[2 * step], path[2 * step + 1]) : 0;
            long b = given ? Math.max(path[2 * step], path[2 * step + 1]) : 1;
            Require.that(a >= 0 && a != b && b < aligned.size(), "path", "names an operand that is not there");
            Expr right = aligned.remove((int) b);
            Expr product = contract(aligned.remove((int) a), right);
            aligned.add(given ? aligned.size() : 0, product);
        }
        Expr result = aligned.getFirst();
        if (outputRank == equation.rank()) {
            return result;
        }
        return operands.size() > 1
                ? result.call("view", leading(result.shape()))
                : result.call(
                        "sum", LongStream.range(outputRank, equation.rank()).toArray());
    }

    private Shape leading(Shape shape) {
        return Shape.of(LongStream.of(shape.dims()).limit(outputRank).toArray());
    }

    /** Diagonals for repeated labels, new dimensions for missing ones, then the common order. */
    private Expr align(Expr operand, int[] dims) {
        Expr tensor = operand;
        long[] order = new long[equation.rank()];
        Arrays.fill(order, -1);
        int dim = 0;
        for (int target : dims) {
            if (order[target] < 0) {
                order[target] = dim++;
            } else {
                tensor = diagonal(tensor, (int) order[target], dim);
            }
        }
        for (int i = 0; i < order.length; i++) {
            if (order[i] < 0) {
                tensor = tensor.unsqueeze(dim);
                order[i] = dim++;
            }
        }
        return tensor.call("permute", order);
    }

    private static Expr diagonal(Expr tensor, int first, int second) {
        if (tensor.size(first) != tensor.size(second)) {
            throw Require.shape(
                    "tensors",
                    "a label repeats for dimensions of sizes " + tensor.size(first) + " and " + tensor.size(second));
        }
        Expr diagonal = tensor.call("diagonal", 0, first, second);
        List<Long> order = new ArrayList<>(
                LongStream.range(0, diagonal.rank() - 1L).boxed().toList());
        order.add(first, diagonal.rank() - 1L);
        return diagonal.call("permute", order);
    }

    private void checkSizes(List<Expr> aligned) {
        for (int dim = 0; dim < equation.rank(); dim++) {
            long size = 1;
            for (Expr tensor : aligned) {
                if (tensor.size(dim) != 1) {
                    if (size != 1 && tensor.size(dim) != size) {
                        throw Require.shape(
                                "tensors",
                                "sizes for " + equation.label(dim) + " differ: " + size + " and " + tensor.size(dim));
                    }
                    size = tensor.size(dim);
                    uses[dim]++;
                }
            }
        }
    }

    private Expr contract(Expr a, Expr b) {
        List<Long> together = new ArrayList<>();
        List<Long> onlyA = new ArrayList<>();
        List<Long> onlyB = new ArrayList<>();
        for (int dim = outputRank; dim < equation.rank(); dim++) {
            boolean inA = a.size(dim) != 1;
            boolean inB = b.size(dim) != 1;
            if (inA && inB) {
                uses[dim]--;
                if (uses[dim] == 1) {
                    together.add((long) dim);
                    uses[dim] = 0;
                }
            } else if (uses[dim] == 1 && (inA || inB)) {
                (inA ? onlyA : onlyB).add((long) dim);
                uses[dim] = 0;
            }
        }
        return pair(summed(a, onlyA), summed(b, onlyB), together);
    }

    private static Expr summed(Expr tensor, List<Long> dims) {
        return dims.isEmpty() ? tensor : tensor.call("sum", dims, true);
    }

    /**
     * The product of two operands, summed over some dimensions, which stay with size 1: the dimensions of both, of
     * the left and of the right each become one of a batch of matrices.
     */
    private static Expr pair(Expr a, Expr b, List<Long> summed) {
        if (summed.isEmpty()) {
            return a.mul(b);
        }
        List<Long> both = new ArrayList<>();
        List<Long> left = new ArrayList<>();
        List<Long> right = new ArrayList<>();
        for (int dim = 0; dim < a.rank(); dim++) {
            if (!summed.contains((long) dim)) {
                boolean inA = a.size(dim) != 1;
                (inA && b.size(dim) != 1 ? both : inA ? left : right).add((long) dim);
            }
        }
        Expr rows = grouped(a, List.of(both, left, summed), right);
        Expr columns = grouped(b, List.of(both, summed, right), left);
        List<Long> sizes = new ArrayList<>();
        both.forEach(dim -> sizes.add(a.size(dim.intValue())));
        left.forEach(dim -> sizes.add(a.size(dim.intValue())));
        summed.forEach(_ -> sizes.add(1L));
        right.forEach(dim -> sizes.add(b.size(dim.intValue())));
        List<Long> order = concat(List.of(both, left, summed, right));
        long[] back = IntStream.range(0, a.rank())
                .mapToLong(dim -> order.indexOf((long) dim))
                .toArray();
        return rows.bmm(columns).call("view", sizes).call("permute", back);
    }

    /** Three groups of dimensions become three dimensions; those in {@code absent} have size 1. */
    private static Expr grouped(Expr tensor, List<List<Long>> groups, List<Long> absent) {
        List<Long> order = concat(List.of(groups.get(0), groups.get(1), groups.get(2), absent));
        long[] sizes = groups.stream()
                .mapToLong(group -> group.stream()
                        .mapToLong(dim -> tensor.size(dim.intValue()))
                        .reduce(1, Math::multiplyExact))
                .toArray();
        return tensor.call("permute", order).call("reshape", sizes);
    }

    private static List<Long> concat(List<List<Long>> parts) {
        return parts.stream().flatMap(List::stream).toList();
    }
}
