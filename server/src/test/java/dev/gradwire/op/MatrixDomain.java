package dev.gradwire.op;

import dev.gradwire.tensor.Shape;

/**
 * Sets of matrices from which a sample's tensor comes. Derivatives are compared along tangents of the set: a function
 * of Hermitian matrices reads one triangle. Elements are in row-major order, complex ones as two numbers.
 */
enum MatrixDomain {
    /** Any matrices. */
    GENERAL,
    /** Hermitian positive definite. */
    SPD,
    /** Lower triangular with real diagonal, far from singular. */
    LOWER,
    /** Upper triangular with real diagonal, far from singular. */
    UPPER,
    /** With a large diagonal, so that all leading square parts are far from singular. */
    DOMINANT,
    /** With a last row that is twice the first; tangents are any. */
    SINGULAR;

    /** Makes elements those of a point. */
    void toPoint(double[] elements, Shape shape) {
        toTangent(elements, shape);
        for (Matrix matrix : this == GENERAL ? new Matrix[0] : Matrix.of(elements, shape)) {
            if (this == SINGULAR) {
                matrix.doubleFirstRow();
            } else {
                matrix.raiseDiagonal();
            }
        }
    }

    /** Makes elements those of a tangent. */
    void toTangent(double[] elements, Shape shape) {
        boolean triangle = this == LOWER || this == UPPER;
        for (Matrix matrix : triangle || this == SPD ? Matrix.of(elements, shape) : new Matrix[0]) {
            for (int row = 0; row < matrix.height; row++) {
                matrix.set(row, row, matrix.get(row, row, 0), 0);
                for (int column = 0; column < row; column++) {
                    double re = matrix.get(row, column, 0);
                    double im = matrix.get(row, column, 1);
                    if (this == SPD) {
                        matrix.set(column, row, re, -im);
                    } else if (this == LOWER) {
                        matrix.set(column, row, 0, 0);
                    } else {
                        matrix.set(row, column, 0, 0);
                    }
                }
            }
        }
    }

    /** One matrix of a batch. */
    private static final class Matrix {
        private final double[] elements;
        private final int start;
        private final int height;
        private final int width;
        private final int parts;

        private Matrix(double[] elements, int start, Shape shape, int size) {
            this.elements = elements;
            this.start = start;
            height = Math.toIntExact(shape.dim(shape.rank() - 2));
            width = Math.toIntExact(shape.dim(shape.rank() - 1));
            parts = size / (height * width);
        }

        static Matrix[] of(double[] elements, Shape shape) {
            long size = shape.dim(shape.rank() - 2) * shape.dim(shape.rank() - 1);
            Matrix[] matrices = new Matrix[size == 0 ? 0 : Math.toIntExact(shape.elements() / size)];
            for (int i = 0; i < matrices.length; i++) {
                int length = elements.length / matrices.length;
                matrices[i] = new Matrix(elements, i * length, shape, length);
            }
            return matrices;
        }

        double get(int row, int column, int part) {
            return part < parts ? elements[index(row, column) + part] : 0;
        }

        void set(int row, int column, double re, double im) {
            elements[index(row, column)] = re;
            if (parts == 2) {
                elements[index(row, column) + 1] = im;
            }
        }

        private int index(int row, int column) {
            return start + (row * width + column) * parts;
        }

        /** By more than the others of a row have together, and differently in each row. */
        void raiseDiagonal() {
            for (int i = 0; i < Math.min(height, width); i++) {
                elements[index(i, i)] += 2.5 * parts * width + i;
            }
        }

        void doubleFirstRow() {
            for (int column = 0; column < width; column++) {
                set(height - 1, column, 2 * get(0, column, 0), 2 * get(0, column, 1));
            }
        }
    }
}
