package dev.gradwire.op;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Columns of a sparse matrix in groups, none of which has two entries in one row, so that one product with the sum of
 * their unit vectors shows all their entries. Greedy, in the order of the columns: at most one more than the columns that
 * share a row with a column.
 */
final class Colouring {
    private final int[] colours;
    private final int count;

    private Colouring(int[] colours, int count) {
        this.colours = colours;
        this.count = count;
    }

    /** Of a column. */
    int colour(int column) {
        return colours[column];
    }

    /** How many columns there are. */
    int columns() {
        return colours.length;
    }

    /** How many colours there are. */
    int count() {
        return count;
    }

    static Colouring ofColumns(int[][] rows, int columns) {
        List<BitSet> used = new ArrayList<>(rows.length);
        for (int i = 0; i < rows.length; i++) {
            used.add(new BitSet());
        }
        int[][] byColumn = transposed(rows, columns);
        int[] colours = new int[columns];
        int count = 0;
        BitSet taken = new BitSet();
        for (int column = 0; column < columns; column++) {
            if (byColumn[column].length == 0) {
                continue;
            }
            taken.clear();
            for (int row : byColumn[column]) {
                taken.or(used.get(row));
            }
            colours[column] = taken.nextClearBit(0);
            count = Math.max(count, colours[column] + 1);
            for (int row : byColumn[column]) {
                used.get(row).set(colours[column]);
            }
        }
        return new Colouring(colours, count);
    }

    /** For each column the rows with an entry in it. */
    static int[][] transposed(int[][] rows, int columns) {
        int[] sizes = new int[columns];
        for (int[] row : rows) {
            for (int column : row) {
                sizes[column]++;
            }
        }
        int[][] transposed = new int[columns][];
        for (int column = 0; column < columns; column++) {
            transposed[column] = new int[sizes[column]];
        }
        for (int row = rows.length - 1; row >= 0; row--) {
            for (int column : rows[row]) {
                transposed[column][--sizes[column]] = row;
            }
        }
        return transposed;
    }
}
