package dev.gradwire.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/**
 * Places in one stretch of memory for tensors whose lifetimes are known: no two that live at one time overlap. Few
 * tensors are placed by size, the largest first, which leaves few gaps; many are placed in the order of their births.
 *
 * @param offsets one for each interval, in bytes
 * @param length of the stretch
 */
record Packing(List<Long> offsets, long length) {
    /** Placing by size takes time that grows with the square of the number. */
    private static final int FEW = 512;

    /**
     * A tensor's life.
     *
     * @param from the first unit at which it lives
     * @param to the last one
     */
    record Interval(long bytes, int from, int to) {
        boolean overlaps(Interval other) {
            return from <= other.to && other.from <= to;
        }
    }

    static Packing of(List<Interval> intervals) {
        return intervals.size() <= FEW ? bySize(intervals) : byBirth(intervals);
    }

    private static Packing bySize(List<Interval> intervals) {
        Long[] offsets = new Long[intervals.size()];
        List<Integer> placed = new ArrayList<>();
        long length = 0;
        List<Integer> order = IntStream.range(0, intervals.size())
                .boxed()
                .sorted(Comparator.comparingLong((Integer i) -> -intervals.get(i).bytes))
                .toList();
        for (int index : order) {
            long bytes = Offsets.padded(intervals.get(index).bytes);
            long offset = smallestGap(intervals, offsets, placed, index, bytes);
            offsets[index] = offset;
            length = Math.max(length, Math.addExact(offset, bytes));
            int at = 0;
            while (at < placed.size() && offsets[placed.get(at)] <= offset) {
                at++;
            }
            placed.add(at, index);
        }
        return new Packing(List.of(offsets), length);
    }

    /** Between those, in the order of their offsets, that live at the same time. */
    private static long smallestGap(
            List<Interval> intervals, Long[] offsets, List<Integer> placed, int index, long bytes) {
        long best = -1;
        long bestLength = Long.MAX_VALUE;
        long end = 0;
        for (int other : placed) {
            if (intervals.get(other).overlaps(intervals.get(index))) {
                long gap = offsets[other] - end;
                if (gap >= bytes && gap < bestLength) {
                    best = end;
                    bestLength = gap;
                }
                end = Math.max(end, offsets[other] + Offsets.padded(intervals.get(other).bytes));
            }
        }
        return best >= 0 ? best : end;
    }

    private static Packing byBirth(List<Interval> intervals) {
        Offsets stretch = new Offsets();
        Long[] offsets = new Long[intervals.size()];
        PriorityQueue<Integer> living =
                new PriorityQueue<>(Comparator.comparingInt((Integer i) -> intervals.get(i).to));
        List<Integer> order = IntStream.range(0, intervals.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> intervals.get(i).from))
                .toList();
        for (int index : order) {
            Interval interval = intervals.get(index);
            while (!living.isEmpty() && intervals.get(living.element()).to < interval.from) {
                int dead = living.remove();
                stretch.giveBack(offsets[dead], intervals.get(dead).bytes);
            }
            offsets[index] = stretch.take(interval.bytes);
            living.add(index);
        }
        return new Packing(List.of(offsets), stretch.length());
    }
}
