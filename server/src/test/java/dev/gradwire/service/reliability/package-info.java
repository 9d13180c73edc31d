/**
 * What the service promises under load, faults and attacks. Each class holds a group of rows, each test's name begins
 * with its row, and {@link dev.gradwire.service.reliability.Figures} collects what was measured.
 */
@org.jspecify.annotations.NullMarked
package dev.gradwire.service.reliability;
