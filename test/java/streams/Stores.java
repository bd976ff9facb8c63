import org.rocksdb.RocksDB;

/** Says whether RocksDB's native code runs on this platform. */
public final class Stores {
  public static void main(String[] args) {
    try {
      RocksDB.loadLibrary();
      System.out.println("RocksDBDslStoreSuppliers");
    } catch (Throwable error) {
      System.out.println("InMemoryDslStoreSuppliers");
    }
  }
}
