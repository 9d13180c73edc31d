package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group.Places;

final class RowStep {
    static long of(Places p, long rows, long columns) {
        if (p.isSingle()) return 0;
        if (p.isContiguous()) return columns;
        if (p.sizes().size() == 2 && p.sizes().get(1) == columns) return p.strides().get(0);
        throw new IllegalArgumentException();
    }
}
