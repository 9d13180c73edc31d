package dev.gradwire.op;

import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The product of several matrices, bracketed so that it takes the fewest multiplications. */
final class MatrixChain {
    private final List<Expr> matrices;
    private final int[][] splits;

    private MatrixChain(List<Expr> matrices) {
        this.matrices = matrices;
        this.splits = new int[matrices.size()][matrices.size()];
    }

    /** The first may be a row and the last a column. */
    static Expr product(List<Expr> tensors) {
        Require.that(tensors.size() >= 2, "tensors", "must be at least two, but are " + tensors.size());
        List<Expr> matrices = new ArrayList<>(tensors);
        Expr first = tensors.getFirst();
        Expr last = tensors.getLast();
        List<Long> sizes = new ArrayList<>();
        if (first.rank() == 1) {
            matrices.set(0, first.unsqueeze(0));
        } else {
            sizes.add(first.rank() == 2 ? first.size(0) : -1);
        }
        if (last.rank() == 1) {
            matrices.set(matrices.size() - 1, last.unsqueeze(-1));
        } else {
            sizes.add(last.rank() == 2 ? last.size(1) : -1);
        }
        check(matrices);
        return new MatrixChain(matrices).product().call("view", Shape.of(sizes));
    }

    private static void check(List<Expr> matrices) {
        for (int i = 0; i < matrices.size(); i++) {
            Expr matrix = matrices.get(i);
            boolean fits = matrix.rank() == 2 && (i == 0 || matrices.get(i - 1).size(1) == matrix.size(0));
            if (!fits) {
                String before = i == 0
                        ? ""
                        : " after one of shape " + matrices.get(i - 1).shape();
                throw Require.shape("tensors", "entry " + i + " has shape " + matrix.shape() + before);
            }
        }
    }

    private Expr product() {
        if (matrices.size() == 3) {
            return threeMatrices();
        }
        bracket();
        return product(0, matrices.size() - 1);
    }

    /** PyTorch compares the two bracketings of three directly, and takes the left one only if it is cheaper. */
    private Expr threeMatrices() {
        long a = matrices.get(0).size(0);
        long b = matrices.get(1).size(0);
        long c = matrices.get(2).size(0);
        long d = matrices.get(2).size(1);
        double left = (double) a * c * (b + d);
        double right = (double) b * d * (a + c);
        return left > right
                ? matrices.get(0).mm(matrices.get(1).mm(matrices.get(2)))
                : matrices.get(0).mm(matrices.get(1)).mm(matrices.get(2));
    }

    /** The textbook's dynamic program; costs are doubles because only their order counts. */
    private void bracket() {
        int count = matrices.size();
        double[][] costs = new double[count][count];
        for (int length = 1; length < count; length++) {
            for (int from = 0; from + length < count; from++) {
                int to = from + length;
                costs[from][to] = Double.POSITIVE_INFINITY;
                for (int split = from; split < to; split++) {
                    double cost = costs[from][split] + costs[split + 1][to] + work(from, split, to);
                    if (cost < costs[from][to]) {
                        costs[from][to] = cost;
                        splits[from][to] = split;
                    }
                }
            }
        }
    }

    private double work(int from, int split, int to) {
        return (double) matrices.get(from).size(0)
                * matrices.get(split).size(1)
                * matrices.get(to).size(1);
    }

    private Expr product(int from, int to) {
        if (from == to) {
            return matrices.get(from);
        }
        int split = splits[from][to];
        return product(from, split).mm(product(split + 1, to));
    }
}
