package dev.gradwire.pass;

import dev.gradwire.graph.Value;
import java.util.Arrays;

/** A number for some of a graph's values; forgotten as quickly as they were given, so that one group after another uses it. */
final class ValueNumbers {
    static final int NONE = -1;

    private final int[] numbers;
    private int[] given = new int[16];
    private int count;

    ValueNumbers(int valueCount) {
        numbers = new int[valueCount];
        Arrays.fill(numbers, NONE);
    }

    int get(Value value) {
        return numbers[value.id()];
    }

    void put(Value value, int number) {
        if (numbers[value.id()] == NONE) {
            if (count == given.length) {
                given = Arrays.copyOf(given, 2 * count);
            }
            given[count++] = value.id();
        }
        numbers[value.id()] = number;
    }

    void clear() {
        for (int i = 0; i < count; i++) {
            numbers[given[i]] = NONE;
        }
        count = 0;
    }
}
