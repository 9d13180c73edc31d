package dev.gradwire.kernel.vector;

import java.util.List;

/** Copies the elements of a row that do not stand side by side. */
final class RowCopy {
    private RowCopy() {}

    /** Copies to elements side by side; returns where they end. */
    static long copy(List<RowPlaces.Dim> dims, long from, long to, int bytes) {
        RowPlaces.Dim dim = dims.getFirst();
        if (dims.size() == 1) {
            switch (bytes) {
                case 1 -> {
                    for (long i = 0; i < dim.size(); i++) {
                        LoopOps.ALL.set(LoopOps.I8, to + i, LoopOps.ALL.get(LoopOps.I8, from + i * dim.stride()));
                    }
                }
                case 4 -> {
                    long step = 4 * dim.stride();
                    for (long i = 0; i < dim.size(); i++) {
                        LoopOps.ALL.set(LoopOps.I32, to + 4 * i, LoopOps.ALL.get(LoopOps.I32, from + i * step));
                    }
                }
                default -> {
                    long step = 8 * dim.stride();
                    for (long i = 0; i < dim.size(); i++) {
                        LoopOps.ALL.set(LoopOps.I64, to + 8 * i, LoopOps.ALL.get(LoopOps.I64, from + i * step));
                    }
                }
            }
            return to + dim.size() * bytes;
        }
        long end = to;
        List<RowPlaces.Dim> rest = dims.subList(1, dims.size());
        for (long i = 0; i < dim.size(); i++) {
            end = copy(rest, from + i * dim.stride() * bytes, end, bytes);
        }
        return end;
    }
}
