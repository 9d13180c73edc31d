package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;

/**
 * Signs that turn an expected tensor into the one that is there, where vectors are fixed only up to their sign: the
 * columns of a matrix, or its rows.
 */
final class Gauge {
    private Gauge() {}

    /** One sign for each element; all 1 where nothing else makes the tensors agree. */
    static double[] signs(Tensor actual, Tensor expected, Case.Tolerance tolerance) {
        double[] same = new double[Math.toIntExact(expected.type().shape().elements())];
        Arrays.fill(same, 1);
        boolean matrix = expected.type().rank() >= 2 && expected.type().dtype() == DType.FLOAT64;
        if (!matrix || !actual.type().equals(expected.type()) || agree(actual, expected, tolerance)) {
            return same;
        }
        for (boolean columns : new boolean[] {true, false}) {
            double[] signs = signs(actual, expected, columns);
            if (agree(actual, flip(expected, signs), tolerance)) {
                return signs;
            }
        }
        return same;
    }

    private static boolean agree(Tensor actual, Tensor expected, Case.Tolerance tolerance) {
        return Comparison.of(actual, expected, tolerance).difference() == null;
    }

    /** The signs of the inner products of the vectors. */
    private static double[] signs(Tensor actual, Tensor expected, boolean columns) {
        Shape shape = expected.type().shape();
        int width = Math.toIntExact(shape.dim(shape.rank() - 1));
        int height = Math.toIntExact(shape.dim(shape.rank() - 2));
        double[] signs = new double[Math.toIntExact(shape.elements())];
        double[] products = new double[signs.length];
        for (int i = 0; i < signs.length; i++) {
            products[vector(i, width, height, columns)] += actual.getDouble(i) * expected.getDouble(i);
        }
        for (int i = 0; i < signs.length; i++) {
            signs[i] = products[vector(i, width, height, columns)] < 0 ? -1 : 1;
        }
        return signs;
    }

    /** The index of the first element of the vector that element {@code i} is part of. */
    private static int vector(int i, int width, int height, boolean columns) {
        int matrix = i - i % (width * height);
        return columns ? matrix + i % width : i - i % width;
    }

    static Tensor flip(Tensor tensor, double[] signs) {
        double[] elements = new double[signs.length];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = signs[i] * tensor.getDouble(i);
        }
        return Tensor.of(tensor.type().dtype(), tensor.type().shape(), elements);
    }
}
