package dev.gradwire.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Places in one stretch of memory for tensors whose lifetimes are known: no two that live at one time overlap. Few
 * tensors are placed in several orders, of which the best counts; many in that of their births alone.
 *
 * @param offsets one for each interval, in bytes
 * @param length of the stretch
 */
record Packing(List<Long> offsets, long length) {
    /** Placing in any order takes time that grows with the square of the number. */
    private static final int FEW = 512;

    /** The largest first, or those that live longest: which leaves fewer gaps depends on the tensors. */
    private static final List<Comparator<Interval>> ORDERS = List.of(
            Comparator.comparingLong((Interval i) -> -i.bytes),
            Comparator.comparingLong((Interval i) -> i.from - (long) i.to),
            Comparator.comparingDouble((Interval i) -> -(double) i.bytes * (1.0 + i.to - i.from)),
            Comparator.comparingInt((Interval i) -> i.from));

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
        if (intervals.size() > FEW) {
            return byBirth(intervals);
        }
        long least = most(intervals);
        Packing best = inOrder(intervals, ORDERS.getFirst());
        for (int i = 1; i < ORDERS.size() && best.length > least; i++) {
            Packing other = inOrder(intervals, ORDERS.get(i));
            best = other.length < best.length ? other : best;
        }
        return best;
    }

    /** What lives at one time, at the most: no packing is shorter. */
    private static long most(List<Interval> intervals) {
        TreeMap<Integer, Long> changes = new TreeMap<>();
        for (Interval interval : intervals) {
            long bytes = Offsets.padded(interval.bytes);
            changes.merge(interval.from, bytes, Long::sum);
            changes.merge(interval.to == Integer.MAX_VALUE ? interval.to : interval.to + 1, -bytes, Long::sum);
        }
        long live = 0;
        long most = 0;
        for (long change : changes.values()) {
            live += change;
            most = Math.max(most, live);
        }
        return most;
    }

    private static Packing inOrder(List<Interval> intervals, Comparator<Interval> by) {
        Long[] offsets = new Long[intervals.size()];
        List<Integer> placed = new ArrayList<>();
        long length = 0;
        List<Integer> order = IntStream.range(0, intervals.size())
                .boxed()
                .sorted(Comparator.comparing(intervals::get, by))
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
