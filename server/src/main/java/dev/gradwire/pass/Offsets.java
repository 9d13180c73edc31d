package dev.gradwire.pass;

import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Gives out places in one stretch of memory: the smallest gap that is large enough, or the end. Gaps side by side become
 * one.
 */
final class Offsets {
    /** Cache lines, and the longest vectors. */
    static final long ALIGNMENT = 64;

    /**
     * From this length on each place is longer than asked for: where several tensors begin at the same offset in a page
     * of 4 KiB, processors take a load from one for a load after a store to another, and wait.
     */
    private static final long PADDED_FROM = 4096;

    private static final long PADDING = 5 * ALIGNMENT;

    private record Gap(long length, long offset) implements Comparable<Gap> {
        @Override
        public int compareTo(Gap other) {
            int byLength = Long.compare(length, other.length);
            return byLength != 0 ? byLength : Long.compare(offset, other.offset);
        }
    }

    private final TreeSet<Gap> gaps = new TreeSet<>();
    private final TreeMap<Long, Long> lengthsByOffset = new TreeMap<>();
    private long end;

    /** What a tensor of so many bytes takes. */
    static long padded(long bytes) {
        long aligned = Math.addExact(bytes, ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return bytes < PADDED_FROM ? Math.max(aligned, ALIGNMENT) : Math.addExact(aligned, PADDING);
    }

    /** @return where {@code bytes} bytes may lie until they are given back */
    long take(long bytes) {
        long length = padded(bytes);
        Gap gap = gaps.ceiling(new Gap(length, 0));
        if (gap == null) {
            return takeAtEnd(length);
        }
        remove(gap);
        if (gap.length > length) {
            add(new Gap(gap.length - length, gap.offset + length));
        }
        return gap.offset;
    }

    /** A gap at the end grows. */
    private long takeAtEnd(long length) {
        var last = lengthsByOffset.lastEntry();
        long offset = end;
        if (last != null && last.getKey() + last.getValue() == end) {
            offset = last.getKey();
            remove(new Gap(last.getValue(), offset));
        }
        end = Math.addExact(offset, length);
        return offset;
    }

    void giveBack(long offset, long bytes) {
        long from = offset;
        long to = offset + padded(bytes);
        var before = lengthsByOffset.lowerEntry(offset);
        if (before != null && before.getKey() + before.getValue() == from) {
            from = before.getKey();
            remove(new Gap(before.getValue(), from));
        }
        Long after = lengthsByOffset.get(to);
        if (after != null) {
            remove(new Gap(after, to));
            to += after;
        }
        add(new Gap(to - from, from));
    }

    private void add(Gap gap) {
        gaps.add(gap);
        lengthsByOffset.put(gap.offset, gap.length);
    }

    private void remove(Gap gap) {
        gaps.remove(gap);
        lengthsByOffset.remove(gap.offset);
    }

    /** How long the stretch is. */
    long length() {
        return end;
    }
}
