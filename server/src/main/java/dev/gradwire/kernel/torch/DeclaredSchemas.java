package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Checks our declarations against a library of another version. The library keeps its own as texts among its
 * constants, so they are looked for there: calling an operator by a wrong declaration would end the process, and the
 * library offers no call that tells a declaration.
 */
final class DeclaredSchemas {
    private static final String MARK = ") -> ";

    private DeclaredSchemas() {}

    /** Full names of those declarations that do not stand, letter by letter, in the library's constants. */
    static Set<String> absentFrom(Path library, Map<String, String> declarations) throws IOException {
        Map<String, String> wanted = new HashMap<>();
        int longest = 0;
        for (Map.Entry<String, String> entry : declarations.entrySet()) {
            wanted.put(entry.getValue(), entry.getKey());
            longest = Math.max(longest, entry.getValue().length());
        }
        Set<String> absent = new HashSet<>(declarations.keySet());
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(library, StandardOpenOption.READ)) {
            MemorySegment constants = constants(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena));
            byte first = (byte) MARK.charAt(0);
            long size = constants.byteSize() - MARK.length();
            long start = 0;
            for (long i = 0; i < size; i++) {
                byte b = constants.get(JAVA_BYTE, i);
                if (b == 0) {
                    start = i + 1;
                } else if (b == first && i - start < longest && isMark(constants, i)) {
                    long end = i;
                    while (constants.get(JAVA_BYTE, end) != 0) {
                        end++;
                    }
                    removeSuffixes(constants.asSlice(start, end - start), wanted, absent);
                    i = end - 1;
                }
            }
        }
        return absent;
    }

    private static boolean isMark(MemorySegment constants, long at) {
        for (int j = 1; j < MARK.length(); j++) {
            if (constants.get(JAVA_BYTE, at + j) != MARK.charAt(j)) {
                return false;
            }
        }
        return true;
    }

    /** Linkers share the tails of texts: {@code cos(…} may stand only as the end of {@code acos(…}. */
    private static void removeSuffixes(MemorySegment text, Map<String, String> wanted, Set<String> absent) {
        String whole = new String(text.toArray(JAVA_BYTE), StandardCharsets.ISO_8859_1);
        int open = whole.indexOf('(');
        for (int i = 0; i < open; i++) {
            String name = wanted.get(whole.substring(i));
            if (name != null) {
                absent.remove(name);
            }
        }
    }

    /** The section {@code .rodata} of a 64-bit little-endian ELF file, or the whole file if it has none. */
    private static MemorySegment constants(MemorySegment elf) {
        long table = elf.get(JAVA_LONG_UNALIGNED, 0x28);
        int entrySize = elf.get(JAVA_SHORT_UNALIGNED, 0x3a);
        int count = elf.get(JAVA_SHORT_UNALIGNED, 0x3c);
        long names = table + (long) entrySize * elf.get(JAVA_SHORT_UNALIGNED, 0x3e);
        long namesAt = elf.get(JAVA_LONG_UNALIGNED, names + 0x18);
        for (int i = 0; i < count; i++) {
            long entry = table + (long) entrySize * i;
            String name = elf.getString(namesAt + elf.get(JAVA_INT_UNALIGNED, entry));
            if (name.equals(".rodata")) {
                return elf.asSlice(
                        elf.get(JAVA_LONG_UNALIGNED, entry + 0x18), elf.get(JAVA_LONG_UNALIGNED, entry + 0x20));
            }
        }
        return elf;
    }
}
